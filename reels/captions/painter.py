"""Lays the captions of one segment on its frames."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from reels.caption_look import look_for, set_lines
from reels.captions.shown import WEIGHTS, ShownCue
from reels.fonts import font_path
from reels.models import CaptionLook, CaptionStyle
from reels.planes import Patch, Planes, lay, patch_from_rgba


class CaptionPainter:
    """Draws each state of a caption once and lays it on frames."""

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
        self._look = look or CaptionLook()
        self._state: tuple[ShownCue, int] | None = None
        self._patch: Patch | None = None

    def lay(self, frame: int, onto: Planes) -> None:
        """Lay what is shown at `frame`, counted from the segment's start, over a frame."""
        cue = next((cue for cue in self._captions if cue.start <= frame < cue.end), None)
        if cue is None:
            return
        lit = bisect_right(cue.marks, frame) - 1 if self._style != "plain" else -1
        if self._state != (cue, lit):
            self._state, self._patch = (cue, lit), self._draw(cue, lit)
        if self._patch:
            lay(self._patch, onto)

    def _draw(self, cue: ShownCue, lit: int) -> Patch:
        look = look_for(self._size_px)
        lines, em = set_lines(cue.text, look)
        font = ImageFont.truetype(str(font_path(WEIGHTS[self._look.font])), em)
        x0, y0, x1, y1 = look.box
        picture = Image.new("RGBA", (x1 - x0, y1 - y0))
        draw = ImageDraw.Draw(picture)
        number = 0
        for row, line in enumerate(lines):
            x = (x1 - x0 - font.getlength(line)) / 2
            y = y1 - y0 - (len(lines) - row - 1) * em * 1.2 - em * 0.3
            for word in line.split():
                colour = self._look.active_colour if number == lit else self._look.colour
                draw.text((x, y), word, fill=colour, font=font, anchor="ls",
                          stroke_width=look.outline_px, stroke_fill=self._look.outline_colour)  # fmt: skip
                x += font.getlength(word + " ")
                number += 1
        return patch_from_rgba(np.asarray(picture), x0, y0)
