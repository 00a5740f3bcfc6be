"""A slow camera over a still picture, exact to a small part of a pixel.

A recipe with `zoompan` moves in whole pixels and jitters. Here a frame is a bilinear
sampling of the picture's planes at places that are off by at most 0.03 pixels.

A general affine warp does that at 3.3 ms for a plane of 1080x1920. A plain resize is three
times as fast and exact to the bit on every machine, but takes whole pixels only: it can
scale m pixels to k, from a whole pixel on, and d pixels of the result can be cut off. Among
the m, k and d there nearly always are some that give the wished scale and place; where
there are none, the warp is taken, which looks the same.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

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
#: The error in pixels up to which a resize is taken, and how many sizes are tried.
_TOLERANCE_PX = 0.03
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
    for index, (plane, into) in enumerate(zip(source.planes, target, strict=True)):
        _sample(plane, chroma if index else (left, top), steps, into)


class _Axis(NamedTuple):
    """Pixels `start` to `start + length` of a line scaled to `scaled`, `cut` of them cut off.

    `error_px` is the largest distance from where a pixel should be taken.
    """

    start: int
    length: int
    scaled: int
    cut: int
    error_px: float


def _sample(plane: Plane, corner: _Pair, steps: _Pair, into: Plane) -> None:
    """Fill `into` from a padded plane; `corner` is where its corner lies there."""
    height, width = into.shape
    x, y = _axis(width, steps[0], corner[0]), _axis(height, steps[1], corner[1])
    if max(x.error_px, y.error_px) > _TOLERANCE_PX:
        _warp(plane, corner, steps, into)
        return
    part = plane[y.start + PAD :, x.start + PAD :][: y.length, : x.length]
    scaled = cv2.resize(part, (x.scaled, y.scaled), interpolation=cv2.INTER_LINEAR_EXACT)
    into[:] = scaled[y.cut : y.cut + height, x.cut : x.cut + width]


def _axis(size: int, step: float, start: float) -> _Axis:
    """The whole numbers that come closest to `size` samples, `step` apart, from `start` on."""
    scaled = np.arange(size, size + _TRIED)[:, None]
    cut = np.arange(_TRIED)[None]
    length = np.rint(scaled * step)
    real_step = length / scaled
    first = np.rint(start - cut * real_step)
    error = first + cut * real_step - start
    worst = np.maximum(np.abs(error), np.abs(error + size * (real_step - step)))
    worst[(cut + size > scaled) | (first < -PAD)] = math.inf
    # Of two that are equally good the smaller one costs less.
    row, column = np.unravel_index(
        np.argmin(np.maximum(worst, _TOLERANCE_PX / 2) + scaled * 1e-6), worst.shape
    )
    return _Axis(
        int(first[row, column]),
        int(length[row, 0]),
        int(scaled[row, 0]),
        int(column),
        float(worst[row, column]),
    )


def _warp(plane: Plane, corner: _Pair, steps: _Pair, into: Plane) -> None:
    # Pixel centres lie at halves.
    x, y = (PAD + at + step / 2 - 0.5 for at, step in zip(corner, steps, strict=True))
    matrix = np.array([[steps[0], 0, x], [0, steps[1], y]], dtype=np.float64)
    into[:] = cv2.warpAffine(
        plane,
        matrix,
        (into.shape[1], into.shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
