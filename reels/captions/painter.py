"""Lays the captions of one segment on its frames."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from reels.captions.capitals import capitals
from reels.captions.drawing import Colours, Drawing, grown
from reels.captions.layers import yuv
from reels.captions.lines import set_lines
from reels.captions.look import look_for
from reels.captions.place import place
from reels.captions.shown import ShownCue, entry_frames
from reels.captions.tokens import Token, tokens
from reels.captions.word import Change
from reels.contrast import contrast
from reels.models import CaptionLook, CaptionStyle
from reels.planes import Patch, Planes, lay

#: A caption comes in by growing from this share of its size.
_ENTRY_FROM = 0.88
#: WCAG 2.2, 1.4.3: the contrast that large letters need.
_LEAST_CONTRAST = 3.0


class CaptionPainter:
    """Draws each caption once, changes what is lit, and lays it on frames.

    The look's colours, sizes and place hold for all of `captions`; `language` decides about
    capitals. Frames may be asked for in any order; in order is cheapest.
    """

    def __init__(
        self,
        captions: Sequence[ShownCue],
        size_px: tuple[int, int],
        fps: int,
        style: CaptionStyle = "karaoke",
        look: CaptionLook | None = None,
        language: str = "en",
    ) -> None:
        self._captions = tuple(captions) if style != "none" else ()
        self._size_px = size_px
        self._style = style
        self._wanted = look or CaptionLook()
        self._language = language
        self._steps = entry_frames(fps)
        self._drawn: tuple[ShownCue, Drawing | None] | None = None

    def lay(self, frame: int, onto: Planes) -> None:
        """Lay what is shown at `frame`, counted from the segment's start, over a frame."""
        cue = next((c for c in reversed(self._captions) if c.start <= frame < c.end), None)
        if cue is None:
            return
        patch = self._patch(cue, frame)
        if patch:
            lay(patch, onto)

    def _patch(self, cue: ShownCue, frame: int) -> Patch | None:
        if self._drawn is None or self._drawn[0] is not cue:
            self._drawn = (cue, self._draw(cue))
        drawing = self._drawn[1]
        if drawing is None:
            return None
        patch = drawing.patch(self._changes(cue, frame))
        entered = self._eased(frame - cue.start - 1)
        return patch if entered >= 1 else grown(patch, _ENTRY_FROM + (1 - _ENTRY_FROM) * entered)

    def _draw(self, cue: ShownCue) -> Drawing | None:
        look = look_for(self._size_px, self._wanted, self._style)
        lines = set_lines(self._tokens(cue.text), look)
        stretches = place(lines, look)
        if not stretches:
            return None
        colours = Colours(yuv(self._wanted.colour), yuv(self._wanted.outline_colour))
        return Drawing(stretches, lines.em_px, look, colours, (0, 0, *self._size_px))

    def _tokens(self, text: str) -> tuple[Token, ...]:
        found = tokens(text)
        if not self._wanted.uppercase:
            return found
        return tuple(Token(capitals(t.text, self._language), t.spaced) for t in found)

    def _changes(self, cue: ShownCue, frame: int) -> dict[int, Change]:
        """What the word that is spoken at `frame` looks like, and the one before it."""
        now = bisect_right(cue.marks, frame) - 1
        if now < 0 or self._style == "plain":
            return {}
        active = yuv(self._wanted.active_colour)
        if self._style == "box":
            return {now: Change(colour=yuv(_readable(self._wanted)), box=active)}
        if self._style != "pop":
            return {now: Change(colour=active)}
        since = self._eased(frame - cue.marks[now])
        changes = {now: Change(colour=active, grown=since)}
        before = bisect_right(cue.marks, cue.marks[now] - 1) - 1
        left = min(self._eased(frame - cue.marks[before]), 1 - since) if before >= 0 else 0.0
        if left > 0:
            changes[before] = Change(colour=yuv(self._wanted.colour), grown=left)
        return changes

    def _eased(self, frames: int) -> float:
        """How far a movement has come that many frames after its start: fast, then slow."""
        return 1 - (1 - min((frames + 1) / self._steps, 1.0)) ** 3


def _readable(look: CaptionLook) -> str:
    """The colour for letters on a box of the active colour: one of the look's if it can be."""
    for colour in (look.colour, look.outline_colour):
        if _contrast(colour, look.active_colour) >= _LEAST_CONTRAST:
            return colour
    return max(("#000000", "#FFFFFF"), key=lambda colour: _contrast(colour, look.active_colour))


def _contrast(one: str, other: str) -> float:
    return contrast(_rgb(one), _rgb(other))


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
