"""The embedded writer `outline`: without a network or a model, and without inventing facts.

Of a prompt alone it writes what the embedded storyboarder would have spoken: of a text the
text itself, of an idea a plain outline of as many lines as there are slides. An order to
write about something is taken as that something. About texts it writes a heading: the
strongest clause of the part that is meant, in the text's own words.
"""

from __future__ import annotations

from reels.errors import InvalidInput
from reels.storyboard.ideas import DEFAULT_POINTS, outline_lines, template
from reels.storyboard.markdown import has_words, plain
from reels.storyboard.outline import as_sentence
from reels.storyboard.sentences import sentences, weight
from reels.writers.base import MAX_TEXT_CHARS, Text, Wanted
from reels.writers.headings import heading_of
from reels.writers.orders import subject_of
from reels.writers.parts import GAP, paragraphs

#: Lines of an outline that are always there: the hook, why it matters, and the end.
_FRAME_LINES = 3
#: An idea has no more than this; all else is a text.
_IDEA_CHARS, _IDEA_WORDS, _IDEA_SENTENCES = 200, 24, 2


class OutlineWriter:
    """See the module."""

    name = "outline"
    version = "1"

    def write(self, wanted: Wanted) -> Text:
        """See `Writer.write`."""
        if wanted.about:
            text = heading_of(wanted.about, wanted.part, wanted.parts)
        else:
            text = _spoken(wanted)
        if not has_words(text):
            raise InvalidInput("prompt", "There are no words to write about.")
        return Text(text=text[:MAX_TEXT_CHARS], provider=self.name)


def _spoken(wanted: Wanted) -> str:
    subject = subject_of(wanted.prompt)
    idea = plain(subject)
    found = template(wanted.language)
    if not has_words(idea) or _is_text(idea):
        return GAP.join(paragraphs(subject))
    if found is None:
        return as_sentence(idea)
    points = DEFAULT_POINTS if wanted.slides is None else wanted.slides - _FRAME_LINES
    points = min(len(found.points), max(1, points))
    return GAP.join(line.narration for line in outline_lines(found, as_sentence(idea), points))


def _is_text(idea: str) -> bool:
    return (
        len(idea) > _IDEA_CHARS
        or weight(idea) > _IDEA_WORDS
        or len(sentences(idea)) > _IDEA_SENTENCES
    )
