"""A slow camera over a still picture, exact to a small part of a pixel.

A recipe with `zoompan` moves in whole pixels and jitters. Here a frame is a bilinear
sampling of the picture's planes at places that are off by at most 0.05 pixels.

A general affine warp does that at 3.3 ms for a plane of 1080x1920. A plain resize is three
times as fast and exact to the bit on every machine, but takes whole pixels only: it can
scale m pixels to k, from a whole pixel on, and d pixels of the result can be cut off. Among
the m, k and d there nearly always are some that give the wished scale and place; where
there are none, the warp is taken, which looks the same.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reels.models import Motion
from reels.pictures import PAD, Source
from reels.planes import Plane, Planes

#: How far a zoom goes, and how close a pan is: enough to live, too little to push a
#: slide's text out of the frame (a zoom of 1.08 crops 4 % on each side).
ZOOM = 1.08
PAN_ZOOM = 1.06
#: A push goes in further and faster, towards a point above the middle, where faces are.
PUSH = 1.16
_PUSH_Y = 0.4

#: A scale that stays off 1 leaves the resize something to choose from.
_OFF_ONE = 1.037
#: The error in pixels that is as good as none, that up to which a resize is taken, and how
#: many sizes are tried.
_GOOD_PX, _TOLERANCE_PX = 0.015, 0.05
_TRIED = 60

#: Share of ease-in-ease-out in the movement; the rest is even, so that a shot never stands.
_EASE = 0.5


#: Something along x and along y.
_Pair: TypeAlias = tuple[float, float]


class View(NamedTuple):
    """What the camera sees: the zoom, and where in the room left it looks (0 to 1)."""

    zoom: float
    x: float
    y: float


def reserve(motion: Motion) -> float:
    """How many times the frame's size a picture is kept at, for its closest view to be sharp."""
    if motion == "none":
        return 1.0
    return (PUSH if motion.startswith("push") else ZOOM) * _OFF_ONE


def view(motion: Motion, frame: int, frames: int) -> View:
    """What the camera sees at `frame` of a shot that is on screen for `frames` frames."""
    t = frame / max(1, frames - 1)
    eased = (1 - _EASE) * t + _EASE * t * t * (3 - 2 * t)
    if motion == "zoom_in":
        return View(ZOOM**eased, 0.5, 0.5)
    if motion == "zoom_out":
        return View(ZOOM ** (1 - eased), 0.5, 0.5)
    if motion == "push_in":
        return View(PUSH ** _decelerated(t), 0.5, _PUSH_Y)
    if motion == "push_out":
        return View(PUSH ** (1 - _decelerated(t)), 0.5, _PUSH_Y)
    if motion == "pan_left":
        return View(PAN_ZOOM, 1 - eased, 0.5)
    if motion == "pan_right":
        return View(PAN_ZOOM, eased, 0.5)
    if motion == "pan_up":
        return View(PAN_ZOOM, 0.5, 1 - eased)
    if motion == "pan_down":
        return View(PAN_ZOOM, 0.5, eased)
    return View(1.0, 0.5, 0.5)


def _decelerated(t: float) -> float:
    return 0.3 * t + 0.7 * (1 - (1 - t) ** 3)


def draw(source: Source, seen: View, target: Planes) -> None:
    """Sample `source`, as the camera sees it, into the planes of `target`."""
    width, height = target.size_px
    steps = source.width / width / seen.zoom, source.height / height / seen.zoom
    left = source.x + source.width * (1 - 1 / seen.zoom) * seen.x
    top = source.y + source.height * (1 - 1 / seen.zoom) * seen.y
    # In a target, chroma stands on every second luma column and between two rows; in a
    # source it stands in the middle of its four luma pixels.
    chroma = left / 2 - steps[0] / 4, top / 2
    y, u, v = source.planes
    _sample((y,), (left, top), steps, target[:1])
    _sample((u, v), chroma, steps, target[1:])


class _Axis(NamedTuple):
    """Pixels `start` to `start + length` of a line scaled to `scaled`, `cut` of them cut off.

    `error_px` is the largest distance from where a pixel should be taken.
    """

    start: int
    length: int
    scaled: int
    cut: int
    error_px: float


class _Scratch(threading.local):
    """Memory of one thread for pixels on their way; fresh memory for each frame would cost
    a third of what scaling costs."""

    def __init__(self) -> None:
        self._pixels: Plane = np.empty(0, np.uint8)

    def room(self, width: int, height: int) -> Plane:
        """A plane of that size, filled with anything."""
        if self._pixels.size < width * height:
            self._pixels = np.empty((width + _TRIED) * (height + _TRIED), np.uint8)
        return self._pixels[: width * height].reshape(height, width)


_scratch = _Scratch()


def _sample(planes: Sequence[Plane], corner: _Pair, steps: _Pair, targets: Sequence[Plane]) -> None:
    """Fill `targets` from padded planes alike; `corner` is where their corner lies there."""
    height, width = targets[0].shape
    x, y = _axis(width, steps[0], corner[0]), _axis(height, steps[1], corner[1])
    for plane, into in zip(planes, targets, strict=True):
        if max(x.error_px, y.error_px) > _TOLERANCE_PX:
            _warp(plane, corner, steps, into)
        else:
            _resize(plane, x, y, into)


def _resize(plane: Plane, x: _Axis, y: _Axis, into: Plane) -> None:
    height, width = into.shape
    part = plane[y.start + PAD :, x.start + PAD :][: y.length, : x.length]
    scaled = _scratch.room(x.scaled, y.scaled)
    size = x.scaled, y.scaled
    cv2.resize(part, size, dst=scaled, interpolation=cv2.INTER_LINEAR_EXACT)
    into[:] = scaled[y.cut : y.cut + height, x.cut : x.cut + width]


class _Choices(NamedTuple):
    """All that an axis of one size can be, a row each: `cut` of `scaled` pixels are cut off.

    `cost` is what speaks against one of two that are equally good: the smaller costs less.
    """

    scaled: NDArray[np.float64]
    cut: NDArray[np.float64]
    cost: NDArray[np.float64]


@lru_cache
def _choices(size: int) -> _Choices:
    scaled, cut = np.mgrid[size : size + _TRIED, :_TRIED].astype(np.float64)
    fits = cut + size <= scaled
    return _Choices(scaled[fits], cut[fits], scaled[fits] * 1e-6)


def _axis(size: int, step: float, start: float) -> _Axis:
    """The whole numbers that come closest to `size` samples, `step` apart, from `start` on."""
    scaled, cut, cost = _choices(size)
    length = np.rint(scaled * step)
    real_step = length / scaled
    moved = cut * real_step - start
    first = np.rint(-moved)
    error = first + moved
    worst = np.maximum(np.abs(error), np.abs(error + size * (real_step - step)))
    worst[first < -PAD] = math.inf
    best = np.argmin(np.maximum(worst, _GOOD_PX) + cost)
    return _Axis(
        int(first[best]), int(length[best]), int(scaled[best]), int(cut[best]), float(worst[best])
    )


def _warp(plane: Plane, corner: _Pair, steps: _Pair, into: Plane) -> None:
    # Pixel centres lie at halves.
    x, y = (PAD + at + step / 2 - 0.5 for at, step in zip(corner, steps, strict=True))
    matrix = np.array([[steps[0], 0, x], [0, steps[1], y]], dtype=np.float64)
    cv2.warpAffine(
        plane,
        matrix,
        (into.shape[1], into.shape[0]),
        dst=into,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
