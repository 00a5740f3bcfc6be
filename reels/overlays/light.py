"""Light that is added: what "screen" means for planes of limited range.

Of frame and light, both from 0 to 1, `screen` makes 1 - (1 - frame) * (1 - light), channel
by channel. For grey light that is a white of which as much lies over the frame as there is
light: a patch. For coloured light a frame's chroma weakens as the light grows and the
light's as the frame does, which is right but for the product of both chromas.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from reels.planes import BLACK_C, BLACK_Y, Patch, Plane, Planes

WHITE_Y = 235
_RANGE_Y = WHITE_Y - BLACK_Y
#: OpenCV takes numbers for planes, which its stubs do not know.
_WHITE: Any = float(WHITE_Y)
#: Luma of limited range as light from 0 to 255.
FULL_RANGE = np.clip(np.rint((np.arange(256) - BLACK_Y) * 255 / _RANGE_Y), 0, 255).astype(np.uint8)


def patch_of_light(grey: Plane, x: int, y: int) -> Patch:
    """Grey light, 0 to 255 and of even sides, as a patch at the even place (`x`, `y`)."""
    half = _half(grey)
    luma = _scaled(grey, WHITE_Y / 255)
    chroma = _scaled(half, BLACK_C / 255)
    return Patch(x, y, Planes(luma, chroma, chroma), Planes(255 - grey, *(2 * (255 - half,))))


def screen(film: Planes, onto: Planes, opacity: float = 1.0) -> None:
    """Add a film's light to a frame of the same size, in place."""
    shade = cv2.LUT(film.y, _shades(opacity)).astype(np.uint8, copy=False)
    darkness = np.asarray(cv2.subtract(_WHITE, onto.y), np.uint8)
    shade_c, darkness_c = _half(shade), _half(darkness)
    cv2.multiply(darkness, shade, dst=darkness, scale=1 / 255)
    cv2.subtract(_WHITE, darkness, dst=onto.y)
    # Chroma is drawn towards grey by adding back what its middle lost.
    lost = _scaled(shade_c, -BLACK_C / 255, BLACK_C)
    share = opacity / _RANGE_Y
    film_lost = _scaled(darkness_c, -BLACK_C * share, BLACK_C)
    for tint, plane in ((film.u, onto.u), (film.v, onto.v)):
        added = cv2.add(cv2.multiply(tint, darkness_c, scale=share), film_lost)
        cv2.multiply(plane, shade_c, dst=plane, scale=1 / 255)
        cv2.add(plane, lost, dst=plane)
        cv2.addWeighted(plane, 1, added, 1, -BLACK_C, dst=plane)


@lru_cache(maxsize=8)
def _shades(opacity: float) -> Plane:
    """How much of a frame's darkness stays, 0 to 255, for every luma of a film."""
    return np.asarray(np.rint(255 - opacity * FULL_RANGE), np.uint8)


def _scaled(plane: Plane, factor: float, offset: float = 0.0) -> Plane:
    return np.asarray(cv2.convertScaleAbs(plane, alpha=factor, beta=offset), np.uint8)


def _half(plane: Plane) -> Plane:
    size_px = plane.shape[1] // 2, plane.shape[0] // 2
    return np.asarray(cv2.resize(plane, size_px, interpolation=cv2.INTER_AREA), np.uint8)
