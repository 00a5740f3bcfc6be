"""The expander `outline`: works offline. It asks the questions that fit any idea.

It knows nothing of the subject and says so by what it gives: the angles are questions, in
English or Russian; any other language gets the English ones.
"""

from __future__ import annotations

from typing import NamedTuple

from reels.errors import InvalidInput
from reels.ideas.base import ExpandedIdea
from reels.models import LanguageTag
from reels.storyboard.ideas import ENGLISH, TEMPLATES
from reels.storyboard.markdown import has_words, plain

_MAX_IDEA_CHARS = 240


class _Words(NamedTuple):
    tone: str
    format: str
    audience: str


_WORDS = {
    "en": _Words(
        "matter-of-fact",
        "hook, why it matters, three questions, an invitation to comment",
        "people who meet the subject for the first time",
    ),
    "ru": _Words(
        "спокойный, по делу",
        "зацепка, почему это важно, три вопроса, приглашение к обсуждению",
        "те, кто встречается с темой впервые",
    ),
}


class OutlineExpander:
    """See the module."""

    name = "outline"

    def expand(self, idea: str, language: LanguageTag) -> ExpandedIdea:
        """See `Expander.expand`."""
        said = plain(idea)
        if not has_words(said):
            raise InvalidInput("idea", "The idea has no words.", remedy="Say what it is about.")
        tag = language.split("-")[0]
        words = _WORDS.get(tag, _WORDS["en"])
        found = TEMPLATES.get(tag, ENGLISH)
        short = said if len(said) <= _MAX_IDEA_CHARS else said[: _MAX_IDEA_CHARS - 1] + "…"
        sentence = short if short[-1] in ".!?…" else f"{short}."
        return ExpandedIdea(
            hook=found.hook.format(idea=sentence),
            tone=words.tone,
            format=words.format,
            audience=words.audience,
            angles=tuple(line.shown for line in (found.why, *found.points)),
        )
