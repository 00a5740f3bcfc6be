"""The JSON schema of timeline files, for editors and other programs."""

from __future__ import annotations

import json
from typing import Any

from reels.document.model import VERSION, Document

#: What the fields of models that the whole house shares mean in a timeline.
SHARED: dict[str, dict[str, str]] = {
    "Cue": {
        "start_s": "When it appears, in seconds from the video's start.",
        "end_s": "When it is gone, in seconds from the video's start; after `start_s`, and at most "
        "the video's length.",
        "text": "What is shown. Lines are broken by themselves.",
        "words": "When each word of the text is spoken, in order. Without them, or when they are "
        "not the words of the text, times are spread by the words' lengths.",
    },
    "Word": {
        "text": "The word as it stands in the cue's text.",
        "start_s": "When it starts, in seconds from the video's start.",
        "end_s": "When it ends, in seconds from the video's start.",
    },
    "CaptionLook": {
        "font": "The typeface.",
        "size": "The size, 1 being the usual one.",
        "colour": "Colour of the text, as `#RRGGBB`.",
        "active_colour": "Colour of the word that is spoken, as `#RRGGBB`.",
        "outline_colour": "Colour of the outline, as `#RRGGBB`.",
        "outline": "Width of the outline, 1 being the usual one; 0 is none.",
        "position": "Where captions stand.",
        "platform": "Whose buttons and names they keep clear of; `any` is safe on all, `none` "
        "keeps only off the edge.",
        "uppercase": "Whether the text is shown in capitals.",
    },
    "TitleCard": {
        "title": "The title.",
        "subtitle": "A smaller line under it.",
        "frames": "How long it is shown, in frames. It fades in and out.",
    },
}
#: Descriptions of whole models, where theirs speak of more than a timeline.
_ABOUT = {
    "Document": "A video: its shots, captions and overlays, and its sound. Its length is the sum "
    "of its shots.",
    "Cue": "One caption.",
    "Word": "One spoken word.",
    "CaptionLook": "How captions look.",
    "TitleCard": "A title over the video's start.",
}


def schema() -> dict[str, Any]:
    """The schema, in the dialect of JSON Schema 2020-12; every field has its description."""
    made = Document.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    shapes = {"Document": made, **definitions}
    for name, fields in SHARED.items():
        for field, meaning in fields.items():
            shapes[name]["properties"][field]["description"] = meaning
    for name, about in _ABOUT.items():
        shapes[name]["description"] = about
    for shape in shapes.values():
        _untitle(shape)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Reelwright timeline, version {VERSION}",
        **made,
        "$defs": definitions,
    }


def schema_text() -> str:
    """The schema as it lies in `docs/timeline.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _untitle(shape: dict[str, Any]) -> None:
    """Drop the titles that only say a field's name again."""
    shape.pop("title", None)
    for part in (shape, *shape.get("anyOf", ())):
        for field in part.get("properties", {}).values():
            field.pop("title", None)
