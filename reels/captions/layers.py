"""Masks in flat colours, one over the other, as pixels of a patch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from reels.planes import Plane, Planes, from_rgb

#: Y, Cb, Cr in limited range.
Yuv = tuple[int, int, int]
#: x0, y0, x1, y1.
Box = tuple[int, int, int, int]


class Mask(NamedTuple):
    """Coverage, 255 being all, with its upper left corner at (`x`, `y`) in the frame."""

    x: int
    y: int
    pixels: Plane

    @property
    def bounds(self) -> Box:
        height, width = self.pixels.shape
        return self.x, self.y, self.x + width, self.y + height


class Layer(NamedTuple):
    """Where a colour covers what is below it, 255 being all."""

    mask: Plane
    colour: Yuv


@lru_cache(maxsize=64)
def yuv(colour: str) -> Yuv:
    """A colour `#RRGGBB` as the planes hold it."""
    rgb = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
    planes = from_rgb(np.ascontiguousarray(np.broadcast_to(rgb, (2, 2, 3))))
    return int(planes.y[0, 0]), int(planes.u[0, 0]), int(planes.v[0, 0])


def compose(layers: Sequence[Layer]) -> tuple[Planes, Planes]:
    """The layers, the topmost first, as premultiplied colour and what stays of the frame.

    Masks have even sides and one size.
    """
    free = np.full_like(layers[0].mask, 255)
    colour = Planes(np.zeros_like(free), _halved(free) * 0, _halved(free) * 0)
    for mask, values in layers:
        seen = cv2.multiply(mask, free, scale=1 / 255)
        small = _halved(seen)
        for cover, value, total in zip((seen, small, small), values, colour, strict=True):
            cv2.scaleAdd(cover, value / 255, total, dst=total)
        cv2.subtract(free, seen, dst=free)
    return colour, Planes(free, _halved(free), _halved(free))


def _halved(mask: Plane | cv2.typing.MatLike) -> Plane:
    half = (mask.shape[1] // 2, mask.shape[0] // 2)
    return cv2.resize(mask, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def rounded(box: tuple[float, float, float, float], radius: float) -> Mask:
    """A box with round corners, its edges smooth."""
    x0, y0, x1, y1 = box
    left, top = math.floor(x0), math.floor(y0)
    across = np.arange(left, math.ceil(x1)) + 0.5
    down = np.arange(top, math.ceil(y1)) + 0.5
    beyond_x = np.abs(across - (x0 + x1) / 2) - (x1 - x0) / 2 + radius
    beyond_y = np.abs(down - (y0 + y1) / 2)[:, None] - (y1 - y0) / 2 + radius
    outside = np.hypot(np.maximum(beyond_x, 0), np.maximum(beyond_y, 0))
    inside = np.minimum(np.maximum(beyond_x, beyond_y), 0)
    cover = np.clip(0.5 - (outside + inside - radius), 0, 1)
    return Mask(left, top, np.rint(255 * cover).astype(np.uint8))


def blank(box: Box) -> Plane:
    """An empty mask that covers `box`."""
    return np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)


def stamp(mask: Mask, box: Box, onto: Plane | None = None) -> Plane:
    """Lay a mask on one that covers `box`, in place, the stronger winning; outside it is lost."""
    target = blank(box) if onto is None else onto
    x, y = mask.x - box[0], mask.y - box[1]
    height, width = mask.pixels.shape
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(height, target.shape[0] - y), min(width, target.shape[1] - x)
    if left < right and top < bottom:
        under = target[y + top : y + bottom, x + left : x + right]
        np.maximum(under, mask.pixels[top:bottom, left:right], out=under)
    return target


def part(pixels: Plane, whole: Box, box: Box) -> Plane:
    """The pixels inside `box` of a mask that covers `whole`."""
    rows = slice(box[1] - whole[1], box[3] - whole[1])
    return np.ascontiguousarray(pixels[rows, box[0] - whole[0] : box[2] - whole[0]])


def meet(a: Box, b: Box) -> bool:
    """Whether two boxes have a pixel in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def even(box: tuple[float, float, float, float], within: Box) -> Box:
    """The smallest box of even corners around `box`, clipped to `within`, which has such."""
    x0, y0 = (math.floor(value / 2) * 2 for value in box[:2])
    x1, y1 = (math.ceil(value / 2) * 2 for value in box[2:])
    left, top = min(max(x0, within[0]), within[2] - 2), min(max(y0, within[1]), within[3] - 2)
    return left, top, max(min(x1, within[2]), left + 2), max(min(y1, within[3]), top + 2)
