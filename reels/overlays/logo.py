"""A logo in a corner."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from reels.pictures import decode_rgba
from reels.planes import Patch, Plane, patch_from_rgba
from reels.safe_area import safe_area
from reels.timeline import Logo

#: A logo is at most this share of the frame's height, whatever its width.
_TALLEST = 0.12


@lru_cache(maxsize=4)
def logo_patch(logo: Logo, size_px: tuple[int, int]) -> Patch:
    """The logo at its size and opacity, in its corner inside the safe area.

    Raises:
        RenderError: its picture cannot be read.
    """
    rgba = _scaled(decode_rgba(logo.media.path), logo.width * size_px[0], _TALLEST * size_px[1])
    rgba[..., 3] = np.rint(rgba[..., 3] * logo.opacity)
    height, width = rgba.shape[:2]
    area = safe_area(size_px)
    left, top = round(size_px[0] * area.side), round(size_px[1] * area.top)
    right = size_px[0] - left - width
    bottom = size_px[1] - round(size_px[1] * area.bottom) - height
    vertical, horizontal = logo.corner.split("_")
    x = left if horizontal == "left" else right
    y = top if vertical == "top" else bottom
    return patch_from_rgba(rgba, x, y)


def _scaled(rgba: Plane, width_px: float, height_px: float) -> Plane:
    """At most so wide and so high. Colours are weighed by alpha, so that no rim shows."""
    scale = min(width_px / rgba.shape[1], height_px / rgba.shape[0])
    size_px = max(2, round(rgba.shape[1] * scale)), max(2, round(rgba.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    weighed = rgba.astype(np.float32)
    weighed[..., :3] *= weighed[..., 3:] / 255
    small = cv2.resize(weighed, size_px, interpolation=way)
    alpha = np.clip(small[..., 3:], 0, 255)
    colour = small[..., :3] * 255 / np.maximum(alpha, 1)
    scaled = np.rint(np.concatenate([colour, alpha], axis=2))
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)
