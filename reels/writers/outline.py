"""The embedded writer `outline`: without a network or a model, and without inventing facts.

About nothing but a prompt it writes what the embedded storyboarder would have spoken: of a
text the text itself, of an idea a plain outline. About texts it writes a heading: the
strongest clause of the part that is meant, in the text's own words.
"""

from __future__ import annotations

from reels.models import LanguageTag
from reels.storyboard.base import Brief
from reels.storyboard.headline import headline
from reels.storyboard.outline import Outline
from reels.storyboard.sentences import join
from reels.writers.base import MAX_TEXT_CHARS, Text, Wanted
from reels.writers.parts import parts_of


class OutlineWriter:
    """See the module."""

    name = "outline"
    version = "1"

    def write(self, wanted: Wanted) -> Text:
        """See `Writer.write`."""
        if wanted.about:
            parts = parts_of("\n".join(wanted.about), wanted.parts)
            text = headline(parts[min(wanted.part, len(parts)) - 1])
        else:
            text = _spoken(wanted.prompt, wanted.language)
        return Text(text=text[:MAX_TEXT_CHARS], provider=self.name)


def _spoken(prompt: str, language: LanguageTag) -> str:
    asked = {"text": prompt} if _is_text(prompt) else {"idea": prompt}
    draft = Outline().draft(Brief(**asked, language=language))
    return join([scene.narration for scene in draft.scenes])


def _is_text(prompt: str) -> bool:
    """An idea is one sentence or two, and short."""
    return len(prompt) > 300 or prompt.count(".") + prompt.count("!") + prompt.count("?") > 2
