"""The interface of a visual kind: a spec becomes a picture or a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from reels.models import LanguageTag, Model

#: A scene's picture changes at most this often.
MAX_STAGES = 12


class Canvas(Model):
    """What a visual is drawn for. `captions` keeps the caption band free of content."""

    size_px: tuple[int, int]
    language: LanguageTag = "en"
    style: str = ""
    captions: bool = True
    scene_number: int = 1
    scene_count: int = 1


class Stage(Model):
    """One picture of a scene that is built up; the last of them shows all.

    `text` is what the words name at which this stage appears; the first one's is empty, for it
    is there from the scene's start.
    """

    spec: dict[str, JsonValue]
    text: str = ""


class VisualKind(Protocol):
    """Draws one kind of visual. `kind` and `version` are part of the content key.

    A kind whose pictures are built up has `stages(spec, canvas) -> tuple[Stage, ...]` too: pure
    and fast, it draws nothing, and the pictures of its stages line up to the pixel.
    """

    kind: str

    @property
    def version(self) -> str:
        """Of our own code and, where one draws, of the model that the settings name now."""
        ...

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """Draw an opaque PNG of exactly `canvas.size_px` to `to`; returns it.

        A kind that does not draw, but takes what there is, gives a JPEG, PNG, WebP or MP4 of
        any size, beside `to` and under its name with the suffix of what it is.

        Raises:
            InvalidInput: the spec breaks the kind's own model.
            ProviderError: the picture could not be made.
        """
        ...
