"""The letters of a word as masks: their fill and their outline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw

from reels.captions.layers import Box, Mask
from reels.captions.place import Stretch
from reels.captions.type import font
from reels.planes import Plane

#: Letters are drawn this much larger, so that they stand where they were measured and not on
#: the nearest whole pixel.
_FINE = 2


class Ink(NamedTuple):
    """Masks of equal size, with their upper left corner at (`x`, `y`) in the frame."""

    x: int
    y: int
    fill: Plane
    outline: Plane

    @property
    def bounds(self) -> Box:
        return self.fill_mask.bounds

    @property
    def fill_mask(self) -> Mask:
        return Mask(self.x, self.y, self.fill)

    @property
    def outline_mask(self) -> Mask:
        return Mask(self.x, self.y, self.outline)


def bounds(
    stretches: Sequence[Stretch], em_px: float, around: float
) -> tuple[float, float, float, float]:
    """The box of the letters and `around` ems beyond: x0, y0, x1, y1 in the frame."""
    return (
        min(s.x - (s.extent.left + around) * em_px for s in stretches),
        min(s.y - (s.extent.above + around) * em_px for s in stretches),
        max(s.x + (s.extent.advance + s.extent.right + around) * em_px for s in stretches),
        max(s.y + (s.extent.below + around) * em_px for s in stretches),
    )


def draw(stretches: Sequence[Stretch], em_px: float, outline: float, scale: float = 1.0) -> Ink:
    """The ink of stretches, `scale` times as large about their middle; `outline` is in ems."""
    x0, y0, x1, y1 = bounds(stretches, em_px, 0.0)
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    em_px *= scale
    grown = [_scaled(stretch, middle, scale) for stretch in stretches]
    x0, y0, x1, y1 = bounds(grown, em_px, outline)
    left, top = math.floor(x0) - 1, math.floor(y0) - 1
    size = (math.ceil(x1) + 1 - left, math.ceil(y1) + 1 - top)
    fill = _mask(grown, em_px, 0.0, (left, top), size)
    if not outline:
        return Ink(left, top, fill, np.zeros_like(fill))
    return Ink(left, top, fill, _mask(grown, em_px, outline * em_px, (left, top), size))


def _scaled(stretch: Stretch, middle: tuple[float, float], scale: float) -> Stretch:
    return stretch._replace(
        x=middle[0] + (stretch.x - middle[0]) * scale,
        y=middle[1] + (stretch.y - middle[1]) * scale,
    )


def _mask(
    stretches: Sequence[Stretch],
    em_px: float,
    outline_px: float,
    origin: tuple[int, int],
    size: tuple[int, int],
) -> Plane:
    picture = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
    on = ImageDraw.Draw(picture)
    for stretch in stretches:
        on.text(
            ((stretch.x - origin[0]) * _FINE, (stretch.y - origin[1]) * _FINE),
            stretch.text,
            fill=255,
            font=font(stretch.face.path, em_px * _FINE),
            anchor="ls",
            stroke_width=outline_px * _FINE,
            direction="rtl" if stretch.rtl else "ltr",
        )
    mask = cv2.resize(np.asarray(picture), size, interpolation=cv2.INTER_AREA)
    return mask.astype(np.uint8, copy=False)
