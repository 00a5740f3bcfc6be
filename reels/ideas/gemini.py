"""The expander `gemini`: hooks and angles by the model that also writes storyboards."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, JsonValue

from reels.cloud.gemini import chosen_model
from reels.cloud.gemini_json import ask_json
from reels.errors import InvalidInput
from reels.ideas.base import ExpandedIdea
from reels.models import LanguageTag
from reels.storyboard.markdown import has_words, plain

INSTRUCTIONS = """\
You develop ideas for short vertical videos. For the `idea` in the data you answer, in the
language `language`, with JSON:
- `hook`: the first sentence that the voice would speak, at most 20 words: a surprising fact,
  a question or a bold claim about the subject. No greeting.
- `tone`: how it is best told, in two to five words.
- `format`: how the video is built, in one sentence of at most 25 words.
- `audience`: whom it is for, in at most 15 words.
- `angles`: four to six different videos that the idea could become, one sentence each.
Say only what is true and well known; invent no figures, quotes or names. Plain text only.
"""

_TEXT = {"type": "STRING"}
SCHEMA: dict[str, Any] = {
    "type": "OBJECT",
    "properties": {
        "hook": _TEXT,
        "tone": _TEXT,
        "format": _TEXT,
        "audience": _TEXT,
        "angles": {"type": "ARRAY", "items": _TEXT, "minItems": 1, "maxItems": 8},
    },
    "required": ["hook", "tone", "format", "audience", "angles"],
}
_OUTPUT_TOKENS = 1_500


class _Answer(BaseModel):
    hook: str
    tone: str
    format: str
    audience: str
    angles: tuple[str, ...]


class GeminiExpander:
    """See the module."""

    name = "gemini"

    def expand(self, idea: str, language: LanguageTag) -> ExpandedIdea:
        """See `Expander.expand`."""
        if not has_words(idea):
            raise InvalidInput("idea", "The idea has no words.", remedy="Say what it is about.")
        return ask_json(
            chosen_model("gemini_model"),
            "ideas",
            system=INSTRUCTIONS,
            data={"idea": idea, "language": language},
            schema=SCHEMA,
            accept=_accept,
            output_tokens=_OUTPUT_TOKENS,
        )


def _accept(value: JsonValue) -> ExpandedIdea:
    answer = _Answer.model_validate(value)
    return ExpandedIdea(
        hook=plain(answer.hook),
        tone=plain(answer.tone),
        format=plain(answer.format),
        audience=plain(answer.audience),
        angles=tuple(angle for angle in map(plain, answer.angles) if angle),
    )
