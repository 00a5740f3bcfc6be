"""A heading for each part of a text, in the text's own words."""

from __future__ import annotations

import re

from reels.storyboard.headline import headline
from reels.storyboard.ideas import TEMPLATES
from reels.storyboard.sentences import sentences, weight
from reels.writers.parts import GAP, paragraphs, part_for, parts_of

#: The embedded storyboarder's own lines are shown as it shows them.
_SHOWN = {
    line.narration: line.shown
    for template in TEMPLATES.values()
    for line in (template.why, *template.points, template.closing)
}
#: A longer opening is no title.
_TITLE_WORDS, _TITLE_CHARS = 12.0, 90
#: What counts points, and says nothing without the others.
_COUNTING = re.compile(
    r"(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|finally|"
    r"во-первых|во-вторых|в-третьих|затем|наконец),\s+",
    re.I,
)


def heading_of(texts: tuple[str, ...], part: int, parts: int) -> str:
    """The heading of slide `part` (from 1) of `parts`; the first one is the video's title."""
    found = parts_of(GAP.join(each for text in texts for each in paragraphs(text)), parts)
    said = found[part_for(part - 1, parts, len(found))]
    if part == 1 and (title := _opening(said)):
        return title
    known = (shown for line, shown in _SHOWN.items() if said.startswith(line))
    return next(known, None) or _bare(headline(said))


def _opening(said: str) -> str:
    """The first sentence, if it is short enough to be read at a glance."""
    first = next(iter(sentences(said)), "")
    if weight(first) > _TITLE_WORDS or len(first) > _TITLE_CHARS:
        return ""
    return headline(first) if any(char.isalnum() for char in first) else ""


def _bare(heading: str) -> str:
    bare = _COUNTING.sub("", heading, count=1) if _COUNTING.match(heading) else heading
    return bare[:1].upper() + bare[1:]
