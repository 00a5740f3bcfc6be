"""The move as it would be with a camera that sees: every pixel the mean of 8 x 8 samples.

A zoom scales both axes alike and turns nothing, so a frame is the source times one sparse
matrix for its rows and one for its columns. Each row of a matrix is the mean of eight
cubic interpolations, which lie evenly over the pixel's place in the source: what drawing
the frame at eight times its sides and averaging gives, without drawing it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reels.motion import View, view
from reels.timeline import Shot

SUPERSAMPLING = 8

#: R, G, B in 0..255 -> Y in 16..235 (ITU-R BT.709).
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32) * 219 / 255
#: Keys' cubic kernel, a = -1/2.
_A = -0.5

Luma = NDArray[np.float32]


class Taps(NamedTuple):
    """For every pixel of a line the source's pixels that it is made of, and their weights."""

    indices: NDArray[np.intp]
    weights: NDArray[np.float32]


def read_luma(picture: Path) -> Luma:
    """The luma of a picture, 16 to 235, not rounded."""
    with Image.open(picture) as image:
        rgb = np.asarray(image.convert("RGB"), np.float32)
    return np.asarray(rgb @ _LUMA + 16, np.float32)


def frame(source: Luma, seen: View, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """The luma that a camera sees of a picture that covers a frame of `size_px`."""
    rows, columns = (
        taps(out, length, start, step) for out, length, start, step in _axes(source, seen, size_px)
    )
    high = np.zeros((size_px[1], source.shape[1]), np.float32)
    for index, weight in zip(rows.indices.T, rows.weights.T, strict=True):
        high += source[index] * weight[:, None]
    seen_px = np.zeros((size_px[1], size_px[0]), np.float32)
    for index, weight in zip(columns.indices.T, columns.weights.T, strict=True):
        seen_px += high[:, index] * weight
    return np.clip(np.rint(seen_px), 16, 235).astype(np.uint8)


def shot_frames(shot: Shot, size_px: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """All frames of a shot."""
    source = read_luma(shot.media.path)
    views = (view(shot.motion, number, shot.frames) for number in range(shot.frames))
    return [frame(source, seen, size_px) for seen in views]


def taps(out: int, length: int, start: float, step: float) -> Taps:
    """`out` pixels, each `step` source pixels wide, from the place `start` of a line on."""
    sub = (np.arange(out * SUPERSAMPLING) + 0.5) / SUPERSAMPLING
    places = (start + step * sub - 0.5).reshape(out, SUPERSAMPLING)
    first = np.floor(places[:, :1]).astype(np.intp) - 1
    near = first + np.arange(int(np.ceil(step)) + 5)
    weights = _cubic(places[:, :, None] - near[:, None, :]).mean(axis=1)
    return Taps(near.clip(0, length - 1), weights.astype(np.float32))


def _axes(
    source: Luma, seen: View, size_px: tuple[int, int]
) -> list[tuple[int, int, float, float]]:
    """Pixels, length of the source, start and step; of the rows and of the columns."""
    lengths = source.shape[1], source.shape[0]
    cover = max(out / length for out, length in zip(size_px, lengths, strict=True))
    axes = []
    for out, length, at in zip(size_px, lengths, (seen.x, seen.y), strict=True):
        cropped = (length - out / cover) / 2
        left = cropped + (out - out / seen.zoom) * at / cover
        axes.append((out, length, left, 1 / (cover * seen.zoom)))
    return axes[::-1]


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    d = np.abs(distance)
    near = (_A + 2) * d**3 - (_A + 3) * d**2 + 1
    far = _A * (d**3 - 5 * d**2 + 8 * d - 4)
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))
