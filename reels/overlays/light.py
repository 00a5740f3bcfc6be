"""Light that is added: what "screen" means for planes of limited range.

Of frame and light, both from 0 to 1, `screen` makes 1 - (1 - frame) * (1 - light). That is a
white of which as much lies over the frame as there is light: a patch.
"""

from __future__ import annotations

import cv2
import numpy as np

from reels.planes import BLACK_C, BLACK_Y, Patch, Plane, Planes

_WHITE_Y = 235
#: Luma of limited range as light from 0 to 255.
_FULL_RANGE = np.clip(np.rint((np.arange(256) - BLACK_Y) * 255 / 219), 0, 255).astype(np.uint8)


def patch_of_light(grey: Plane, x: int, y: int) -> Patch:
    """Grey light, 0 to 255 and of even sides, as a patch at the even place (`x`, `y`)."""
    half = _half(grey)
    return Patch(x, y, _white(grey, half), Planes(255 - grey, *(2 * (255 - half,))))


def patch_of_film(film: Planes) -> Patch:
    """A whole frame of a film, limited range, as a patch that adds its light and its tint."""
    grey = cv2.LUT(film.y, _FULL_RANGE).astype(np.uint8, copy=False)
    half = _half(grey)
    tint = (_tint(plane, half) for plane in (film.u, film.v))
    colour = Planes(_white(grey, half).y, *tint)
    return Patch(0, 0, colour, Planes(255 - grey, *(2 * (255 - half,))))


def _white(grey: Plane, half: Plane) -> Planes:
    luma = np.asarray(cv2.convertScaleAbs(grey, alpha=_WHITE_Y / 255), np.uint8)
    chroma = np.asarray(cv2.convertScaleAbs(half, alpha=BLACK_C / 255), np.uint8)
    return Planes(luma, chroma, chroma)


def _tint(plane: Plane, half: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, half, scale=1 / 255), np.uint8)


def _half(grey: Plane) -> Plane:
    size_px = grey.shape[1] // 2, grey.shape[0] // 2
    return np.asarray(cv2.resize(grey, size_px, interpolation=cv2.INTER_AREA), np.uint8)
