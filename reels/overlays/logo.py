"""A logo in a corner."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from reels.pictures import decode_rgba
from reels.planes import Patch, Plane, patch_from_rgba
from reels.safe_area import COVERED, PORTRAIT, Box, safe_area
from reels.timeline import Logo

#: A logo is at most this share of the frame's height, whatever its width.
_TALLEST = 0.12
#: A logo stands where it stands whichever platform shows the video.
_COVERED = COVERED["any"]


@lru_cache(maxsize=4)
def logo_patch(
    logo: Logo, size_px: tuple[int, int], captions_px: tuple[int, int] | None = None
) -> Patch:
    """The logo at its size and opacity, in its corner, clear of what platforms lay over a video.

    `captions_px` are the rows of the captions' band; a logo that would touch it stands above
    or below it.

    Raises:
        RenderError: its picture cannot be read.
    """
    rgba = _scaled(decode_rgba(logo.media), logo.width * size_px[0], _TALLEST * size_px[1])
    rgba[..., 3] = np.rint(rgba[..., 3] * logo.opacity)
    height, width = rgba.shape[:2]
    left, top, right, bottom = _free(logo.corner, size_px)
    at_top, at_left = logo.corner.startswith("top"), logo.corner.endswith("left")
    x, y = left if at_left else right - width, top if at_top else bottom - height
    if captions_px:
        gap = round(safe_area(size_px).gap * size_px[1])
        upper, lower = captions_px[0] - gap, captions_px[1] + gap
        if y < lower and y + height > upper:
            y = lower if at_top else upper - height
    return patch_from_rgba(rgba, x, y)


def _free(corner: str, size_px: tuple[int, int]) -> Box:
    """Where a logo may lie. Only beside the lower right corner have platforms buttons."""
    width, height = size_px
    area = safe_area(size_px)
    above, below, beside = area.top, area.bottom, area.side
    if area is PORTRAIT:
        above, below = max(above, _COVERED.top), max(below, _COVERED.bottom)
        beside = max(beside, _COVERED.right) if corner == "bottom_right" else beside
    return (
        round(width * area.side),
        round(height * above),
        round(width * (1 - beside)),
        round(height * (1 - below)),
    )


def _scaled(rgba: Plane, width_px: float, height_px: float) -> Plane:
    """At most so wide and so high."""
    scale = min(width_px / rgba.shape[1], height_px / rgba.shape[0])
    size_px = max(2, round(rgba.shape[1] * scale)), max(2, round(rgba.shape[0] * scale))
    # Pillow weighs colours by alpha, so that no rim of what is invisible shows.
    scaled = Image.fromarray(rgba, "RGBA").resize(size_px, Image.Resampling.BICUBIC)
    return np.array(scaled)
