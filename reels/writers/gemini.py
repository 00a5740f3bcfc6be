"""The writer `gemini`: does what the prompt says, by the model that writes storyboards."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, JsonValue

from reels.cloud.gemini import chosen_model
from reels.cloud.gemini_json import ask_json
from reels.settings import ProviderSettings
from reels.storyboard.markdown import plain
from reels.writers.base import MAX_TEXT_CHARS, Text, Wanted

INSTRUCTIONS: Final = """\
You write texts for short vertical videos: what is spoken, and headings for slides. Do what
`prompt` in the data asks for, in the language of the prompt. Where `about` has texts, yours
belongs to them; where `parts` is more than 1, to the part of them that `part` names. Answer
with JSON: `text` is the text alone, ready to be spoken or shown, without a greeting, a
preface, quotation marks around it or remarks on it. A text to be spoken has at most 80 words
unless the prompt says otherwise, a heading at most 8. Say only what is true and well known;
invent no figures, quotes or names. Plain text only.
"""

SCHEMA: Final[dict[str, Any]] = {
    "type": "OBJECT",
    "properties": {"text": {"type": "STRING"}},
    "required": ["text"],
}
_OUTPUT_TOKENS = 600


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
        data: dict[str, JsonValue] = {"prompt": wanted.prompt, "about": list(wanted.about)}
        if wanted.parts > 1:
            data |= {"part": wanted.part, "parts": wanted.parts}
        return ask_json(
            chosen_model("gemini_model"),
            "text",
            system=INSTRUCTIONS,
            data=data,
            schema=SCHEMA,
            accept=_accept,
            output_tokens=_OUTPUT_TOKENS,
        )


def _accept(value: JsonValue) -> Text:
    answer = _Answer.model_validate(value)
    return Text(text=plain(answer.text)[:MAX_TEXT_CHARS], provider=GeminiWriter.name)
