"""The storyboarder `gemini`: writes from an idea, and stages a text without changing a word.

Of a text the model chooses only which lines make a scene and what is shown with them, by
their numbers: so that all of it is spoken as it is, whatever the model answers. Its answer
is checked by our own models, and asked for once more when it breaks a rule.
"""

from __future__ import annotations

from pydantic import JsonValue

from reels.cloud.gemini import chosen_model
from reels.cloud.gemini_json import ask_json
from reels.errors import InvalidInput
from reels.models import Storyboard
from reels.settings import ProviderSettings
from reels.storyboard.base import Brief, Revision
from reels.storyboard.captioned import with_words
from reels.storyboard.gemini_answer import look_of, schema, storyboard_of
from reels.storyboard.gemini_prompt import instructions, material, scene_count
from reels.storyboard.grouping import Piece
from reels.storyboard.markdown import blocks, has_words
from reels.storyboard.pieces import pieces_of, title_of

_OURS = "3"
_THOUGHT_TOKENS = 1_500
_TOKENS_PER_SCENE = 120


class Gemini:
    """See the module."""

    name = "gemini"

    @property
    def version(self) -> str:
        """Ours, and the model's name."""
        return f"{_OURS}-{ProviderSettings().gemini_model}"

    def draft(self, brief: Brief, revision: Revision | None = None) -> Storyboard:
        """See `Storyboarder.draft`.

        Raises:
            InvalidInput: the idea or the text has no words.
            ContentBlocked: Gemini refuses; with its reason.
            BadOutput: two answers broke the rules; says how.
            ProviderError, BudgetExceeded: see `reels.cloud.gemini`.
        """
        title, lines = _spoken(brief)

        def accept(value: JsonValue) -> Storyboard:
            found = storyboard_of(value, brief, lines, revision)
            return found.model_copy(update={"title": title}) if title and not revision else found

        scenes = max(scene_count(brief), len(lines) // 2)
        return ask_json(
            chosen_model("gemini_model"),
            "storyboard",
            system=instructions(brief, lines, revised=revision is not None),
            data=material(
                brief, lines, revision, look_of(revision.storyboard.scenes) if revision else ""
            ),
            schema=schema(brief, spoken=bool(lines), revised=revision is not None),
            accept=accept,
            output_tokens=_THOUGHT_TOKENS + _TOKENS_PER_SCENE * scenes,
        )


def _spoken(brief: Brief) -> tuple[str, list[Piece]]:
    """The text's own title, if it has one, and its pieces; no pieces when there is an idea."""
    if brief.text is None:
        if not has_words(brief.idea or ""):
            raise InvalidInput("idea", "The idea has no words.", remedy="Say what it is about.")
        return "", []
    found = with_words(blocks(brief.text), brief.language, brief.visuals)
    if not found:
        raise InvalidInput(
            "text",
            "The text has no words, only marks.",
            remedy="Give at least one sentence to speak.",
        )
    title, body = title_of(found)
    return title, pieces_of(body)
