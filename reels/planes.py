"""Raw 4:2:0 frames: their planes, the way from RGB, and pixels laid over them.

BT.709, limited range, chroma sited left as H.264 decoders assume. A frame's planes may be
windows into an encoder's own memory, whose rows are longer than the picture.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

BLACK_Y, BLACK_C = 16, 128

#: R, G, B in 0..255 -> Y, Cb, Cr in 16..235 and 16..240 (ITU-R BT.709, section 3).
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_BT709 = np.array(
    [
        [_KR * 219 / 255, _KG * 219 / 255, _KB * 219 / 255, 16],
        np.array([-_KR, -_KG, 1 - _KB, 0]) * (112 / 255 / (1 - _KB)) + [0, 0, 0, 128],
        np.array([1 - _KR, -_KG, -_KB, 0]) * (112 / 255 / (1 - _KR)) + [0, 0, 0, 128],
    ]
)


class Planes(NamedTuple):
    """The Y, U and V planes of one frame or picture; U and V have half its sides."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def size_px(self) -> tuple[int, int]:
        return self.y.shape[1], self.y.shape[0]


class Patch(NamedTuple):
    """Pixels to be laid over a frame at (`x`, `y`), which are even, as are both sides.

    `colour` is premultiplied by coverage; `keep` is what of the frame stays, 255 being all.
    Limited range: a pixel becomes `frame * keep / 255 + colour`.
    """

    x: int
    y: int
    colour: Planes
    keep: Planes


def empty(size_px: tuple[int, int]) -> Planes:
    """Planes of one frame, not filled."""
    width, height = size_px
    half = (height // 2, width // 2)
    return Planes(
        np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8)
    )


def from_rgb(rgb: Plane) -> Planes:
    """An RGB picture of even sides as planes. Chroma is centred between its four pixels."""
    # Chroma is averaged before it is rounded to 8 bits, so flat colours stay exact.
    pairs = np.add(rgb[0::2], rgb[1::2], dtype=np.uint16)
    fours = np.add(pairs[:, 0::2], pairs[:, 1::2], dtype=np.float32)
    luma = cv2.transform(rgb, _BT709[:1])
    chroma = cv2.convertScaleAbs(cv2.transform(fours, _BT709[1:] * [0.25, 0.25, 0.25, 1]))
    return Planes(
        np.ascontiguousarray(luma.reshape(rgb.shape[:2]), dtype=np.uint8),
        np.ascontiguousarray(chroma[..., 0]),
        np.ascontiguousarray(chroma[..., 1]),
    )


def patch_from_rgba(rgba: Plane, x: int, y: int) -> Patch:
    """A straight-alpha RGBA picture as a patch at (`x`, `y`).

    Odd places and sides are padded with nothing, so the patch may start one pixel before
    (`x`, `y`) and be up to two pixels larger.
    """
    top, left = y % 2, x % 2
    height, width = rgba.shape[0] + top, rgba.shape[1] + left
    padded = np.zeros((height + height % 2, width + width % 2, 4), np.float32)
    padded[top:height, left:width] = rgba
    alpha = padded[..., 3:] / 255
    colour = padded[..., :3] * alpha
    half = (padded.shape[1] // 2, padded.shape[0] // 2)
    small_alpha = cv2.resize(alpha, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(colour, half, interpolation=cv2.INTER_AREA)
    luma = colour @ _BT709[0, :3] + BLACK_Y * alpha[..., 0]
    chroma = small @ _BT709[1:, :3].T + BLACK_C * small_alpha[..., None]
    keep_y, keep_c = _bytes(255 * (1 - alpha[..., 0])), _bytes(255 * (1 - small_alpha))
    return Patch(
        x - left,
        y - top,
        Planes(_bytes(luma), _bytes(chroma[..., 0]), _bytes(chroma[..., 1])),
        Planes(keep_y, keep_c, keep_c),
    )


def lay(patch: Patch, onto: Planes, opacity: float = 1.0) -> None:
    """Lay `patch` over a frame, in place; what lies outside the frame is left out."""
    if opacity <= 0:
        return
    for index, (colour, keep, plane) in enumerate(zip(patch.colour, patch.keep, onto, strict=True)):
        step = 2 if index else 1
        x, y = patch.x // step, patch.y // step
        left, top = max(0, -x), max(0, -y)
        right = min(colour.shape[1], plane.shape[1] - x)
        bottom = min(colour.shape[0], plane.shape[0] - y)
        if left >= right or top >= bottom:
            continue
        inside = (slice(top, bottom), slice(left, right))
        target = plane[y + top : y + bottom, x + left : x + right]
        _blend(colour[inside], keep[inside], target, opacity)


def mix(over: Planes, onto: Planes, weight: float) -> None:
    """Blend the frame `over` into the frame `onto`, in place."""
    for source, target in zip(over, onto, strict=True):
        cv2.addWeighted(source, weight, target, 1 - weight, 0, dst=target)


def dim(onto: Planes, level: float) -> None:
    """Bring a frame towards black, in place; `level` 1 leaves it, 0 makes it black."""
    for black, target in zip((BLACK_Y, BLACK_C, BLACK_C), onto, strict=True):
        cv2.convertScaleAbs(target, dst=target, alpha=level, beta=black * (1 - level))


def _blend(colour: Plane, keep: Plane, target: Plane, opacity: float) -> None:
    if opacity < 1:
        colour = cv2.convertScaleAbs(colour, alpha=opacity).astype(np.uint8, copy=False)
        keep = cv2.convertScaleAbs(keep, alpha=opacity, beta=255 * (1 - opacity)).astype(
            np.uint8, copy=False
        )
    cv2.multiply(target, keep, dst=target, scale=1 / 255)
    cv2.add(target, colour, dst=target)


def _bytes(values: NDArray[Any]) -> Plane:
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
