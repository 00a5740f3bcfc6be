"""The writer `gemini`: does what the prompt says, by the model that writes storyboards."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

from pydantic import BaseModel, JsonValue

from reels.cloud.gemini import chosen_model
from reels.cloud.gemini_json import Unusable, ask_json
from reels.settings import ProviderSettings
from reels.storyboard.markdown import has_words
from reels.writers.base import MAX_TEXT_CHARS, Text, Wanted
from reels.writers.parts import GAP, paragraphs, part_for, parts_of

INSTRUCTIONS: Final = """\
You write texts for short vertical videos: what is spoken, and headings for slides. Do what
`prompt` in the data asks for, in the language `language`; where it is only a subject, write
what is spoken about it. Where `about` has texts, yours belongs to them; where `part` is there,
to that part of them. Where `slides` is a number, write so many paragraphs, one for each slide,
and part them by blank lines. Answer with JSON: `text` is the text alone, ready to be spoken or
shown, without a greeting, a preface, quotation marks around it or remarks on it. A text to be
spoken has about 80 words, or 16 for each slide, unless the prompt says otherwise; a heading
has at most 8. Say only what is true and well known; invent no figures, quotes or names.
Plain text only.
"""

SCHEMA: Final[dict[str, Any]] = {
    "type": "OBJECT",
    "properties": {"text": {"type": "STRING"}},
    "required": ["text"],
}
_OUTPUT_TOKENS = 1_200


class _Answer(BaseModel):
    text: str


class GeminiWriter:
    """See the module."""

    name = "gemini"

    @property
    def version(self) -> str:
        """Ours, and the model's name."""
        return f"1-{ProviderSettings().gemini_model}"

    def write(self, wanted: Wanted) -> Text:
        """See `Writer.write`."""
        return ask_json(
            chosen_model("gemini_model"),
            "text",
            system=INSTRUCTIONS,
            data=_data(wanted),
            schema=SCHEMA,
            accept=_accept,
            output_tokens=_OUTPUT_TOKENS,
        )


def _data(wanted: Wanted) -> dict[str, JsonValue]:
    about = [paragraphs(text) for text in wanted.about]
    data: dict[str, JsonValue] = {"prompt": wanted.prompt, "language": wanted.language}
    if about:
        data["about"] = [GAP.join(text) for text in about]
    if about and wanted.parts > 1:
        parts = parts_of(GAP.join(chain.from_iterable(about)), wanted.parts)
        data["part"] = parts[part_for(wanted.part - 1, wanted.parts, len(parts))]
    if wanted.slides is not None:
        data["slides"] = wanted.slides
    return data


def _accept(value: JsonValue) -> Text:
    text = GAP.join(paragraphs(_Answer.model_validate(value).text))
    if not has_words(text):
        raise Unusable("`text` has no words")
    return Text(text=text[:MAX_TEXT_CHARS], provider=GeminiWriter.name)
