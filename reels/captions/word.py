"""A word of a caption: its ink at every size, and the box that may stand behind it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from reels.captions.ink import Ink, bounds, draw
from reels.captions.layers import Box, Mask, Yuv, rounded
from reels.captions.look import (
    BOX_ABOVE,
    BOX_RADIUS,
    BOX_SIDE,
    BOX_SIDE_TIGHT,
    GROWTH,
    Look,
    above,
    below,
)
from reels.captions.place import Stretch
from reels.planes import Plane
from reels.scripts import script

#: How far a word may grow on each side: a share of the gap, or ems where there is none.
_ROOM, _ROOM_TIGHT = 0.5, 0.05


class Change(NamedTuple):
    """How a word differs from those at rest: its colour, how far it has grown (1 is all the
    way), and the colour of the box behind it."""

    colour: Yuv
    grown: float = 0.0
    box: Yuv | None = None


class Word:
    """The part of a token that stands on one line."""

    def __init__(self, stretches: Sequence[Stretch], em_px: float, look: Look) -> None:
        self.number = stretches[0].number
        self._stretches, self._em_px, self._look = stretches, em_px, look
        self.at_rest = draw(stretches, em_px, look.outline)

    def ink(self, grown: float) -> Ink:
        """Its ink when it has grown so far."""
        if not grown:
            return self.at_rest
        full = self._full
        shrink = (1 + (self._scale - 1) * grown) / self._scale
        if shrink > 0.999:
            return full
        x0, y0, x1, y1 = bounds(self._stretches, self._em_px, 0.0)
        fill, outline = (
            _about(mask, (x0 + x1) / 2 - full.x, (y0 + y1) / 2 - full.y, shrink)
            for mask in (full.fill, full.outline)
        )
        return Ink(full.x, full.y, fill, outline)

    def reach(self, change: Change | None) -> Box:
        """What it covers, its shadow left out."""
        if change and change.box:
            return self.box.bounds
        return (self._full if change and change.grown else self.at_rest).bounds

    @cached_property
    def box(self) -> Mask:
        """The box behind it: as high as its line, whatever its letters."""
        em_px = self._em_px
        adjoins = script(self._stretches[0].text) != "spaced"
        x0, _, x1, _ = bounds(self._stretches, em_px, BOX_SIDE_TIGHT if adjoins else BOX_SIDE)
        y, extents = self._stretches[0].y, [stretch.extent for stretch in self._stretches]
        top = y - (max(above([extent]) for extent in extents) + BOX_ABOVE) * em_px
        bottom = y + (max(below([extent]) for extent in extents) + BOX_ABOVE) * em_px
        return rounded((x0, top, x1, bottom), BOX_RADIUS * em_px)

    @cached_property
    def _full(self) -> Ink:
        return draw(self._stretches, self._em_px, self._look.outline, self._scale)

    @cached_property
    def _scale(self) -> float:
        """How large it grows: less where it would run far into its neighbours."""
        x0, _, x1, _ = bounds(self._stretches, self._em_px, 0.0)
        adjoins = script(self._stretches[0].text) != "spaced"
        room = (_ROOM_TIGHT if adjoins else _ROOM * self._look.gap) * self._em_px
        return min(1 + GROWTH, 1 + 2 * room / max(x1 - x0, 1.0))


def _about(mask: Plane, x: float, y: float, scale: float) -> Plane:
    """A mask scaled about a place in it."""
    # Pixel centres lie half a pixel from the corners that places are counted from.
    move = np.array([[scale, 0, (1 - scale) * (x - 0.5)], [0, scale, (1 - scale) * (y - 0.5)]])
    return cv2.warpAffine(mask, move, mask.shape[::-1]).astype(np.uint8, copy=False)
