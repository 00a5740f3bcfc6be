"""Dots at known places, where a zoom should bring them, and where they are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reels.motion import View

#: Twice a frame of 1080x1920, so that a picture and its frame have the same shape.
PICTURE_PX = (2160, 3840)
SIGMA_PX = 6.0
_GROUND, _PEAK = 40.0, 230.0
_SPACING_PX = 240
#: Fainter than this share of a dot is noise of the codec.
_FAINT = 0.03

Places = NDArray[np.float64]


def places() -> Places:
    """The dots' middles in the picture, (n, 2), x and y counted from its corner."""
    width, height = PICTURE_PX
    random = np.random.default_rng(7)
    grid = np.mgrid[_SPACING_PX:width:_SPACING_PX, _SPACING_PX:height:_SPACING_PX]
    middles = grid.reshape(2, -1).T.astype(float)
    return np.asarray(middles + random.uniform(-0.5, 0.5, middles.shape))


def draw(to: Path, middles: Places) -> Path:
    """Write the picture with a Gaussian dot at each of `middles`."""
    width, height = PICTURE_PX
    canvas = np.full((height, width), _GROUND)
    reach = int(6 * SIGMA_PX)
    for x, y in middles:
        top, left = int(y) - reach, int(x) - reach
        window = canvas[top : top + 2 * reach, left : left + 2 * reach]
        rows, columns = np.indices(window.shape) + 0.5
        far = (columns + left - x) ** 2 + (rows + top - y) ** 2
        window += (_PEAK - _GROUND) * np.exp(-far / (2 * SIGMA_PX**2))
    pixels = np.rint(canvas).astype(np.uint8)
    Image.fromarray(np.stack([pixels] * 3, axis=-1)).save(to, compress_level=1)
    return to


def ideal(middles: Places, seen: View, size_px: tuple[int, int]) -> Places:
    """Where a camera shows the dots in a frame of `size_px`, counted from its corner."""
    size = np.array(size_px, float)
    in_cover = middles * size / PICTURE_PX
    corner = (size - size / seen.zoom) * (seen.x, seen.y)
    return np.asarray((in_cover - corner) * seen.zoom)


def found(luma: NDArray[np.uint8], near: Places) -> Places:
    """The dots' centres of mass in a frame, each looked for within 12 pixels of `near`.

    The ground is what lies around a dot, so that no offset of the levels moves it.
    """
    return np.array([_centre(luma, x, y) for x, y in near])


def _centre(luma: NDArray[np.uint8], x: float, y: float, reach: int = 15) -> tuple[float, float]:
    left, top = round(x) - reach, round(y) - reach
    window = luma[top : top + 2 * reach, left : left + 2 * reach].astype(float)
    edge = np.concatenate([window[0], window[-1], window[:, 0], window[:, -1]])
    light = window - np.median(edge)
    light[light < _FAINT * light.max()] = 0
    rows, columns = np.indices(window.shape) + 0.5
    mass = light.sum()
    return left + float((light * columns).sum() / mass), top + float((light * rows).sum() / mass)
