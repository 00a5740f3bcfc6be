"""What lies between a picture and the words on it: dark and out of focus, softly bounded.

Darkness alone does not do: a slide has words of its own, which would show between ours.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reels.planes import BLACK_C, BLACK_Y, Patch, Plane, Planes, lay

#: How much light is taken behind the words, and from the rest of the picture. White behind
#: the words then has a contrast of more than 5 : 1 to them.
_DIM, _DIM_AROUND = 0.64, 0.30
#: Shares of the frame's height: how far the veil reaches below the words, and how softly.
_REACH, _SOFT = 0.02, 0.2
#: The blur as a share of the shorter side: no letter of a slide is left in it.
_BLUR = 0.045
#: A blur so soft is the same when it is made this many pixels wide and enlarged.
_WORK_PX = 90


class Veil:
    """A veil over frames of `size_px`, full down to the row `words_end_px`, then fading."""

    def __init__(self, size_px: tuple[int, int], words_end_px: int) -> None:
        scale = max(1.0, min(size_px) / _WORK_PX)
        self._size_px = size_px
        self._small_px = max(2, round(size_px[0] / scale)), max(2, round(size_px[1] / scale))
        self._sigma_px = _BLUR * min(self._small_px)
        self._rows = _weights(size_px[1], words_end_px)
        self._full = self._keep(1.0)

    def lay(self, onto: Planes, presence: float) -> None:
        """Veil a frame, in place; `presence` is from 0, not at all, to 1."""
        keep = self._full if presence == 1 else self._keep(presence)
        blacks = (BLACK_Y, BLACK_C, BLACK_C)
        blurred = (self._blurred(*each, presence) for each in zip(onto, blacks, strict=True))
        lay(Patch(0, 0, Planes(*blurred), keep), onto)

    def _keep(self, presence: float) -> Planes:
        """What of the sharp picture stays."""
        light = 1 - presence * _dim(self._rows)
        rows = np.rint(255 * light * (1 - presence * self._rows)).astype(np.uint8)
        width, height = self._size_px
        half = np.repeat(rows[::2, None], width // 2, axis=1)
        return Planes(np.repeat(rows[:, None], width, axis=1), half, half[: height // 2])

    def _blurred(self, plane: Plane, black: int, presence: float) -> Plane:
        """What is added: the picture out of focus, and the black that it is dimmed to."""
        # By halves first, for which there is a fast way.
        half_px = max(2, plane.shape[1] // 2), max(2, plane.shape[0] // 2)
        half = cv2.resize(plane, half_px, interpolation=cv2.INTER_AREA)
        small = cv2.resize(half, self._small_px, interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small.astype(np.float32), (0, 0), self._sigma_px)
        rows = _sampled(self._rows, self._small_px[1])
        dim = presence * _dim(rows)
        added = soft * (presence * rows * (1 - dim)) + black * dim
        size_px = plane.shape[1], plane.shape[0]
        even = np.rint(added).astype(np.uint8)
        return np.asarray(cv2.resize(even, size_px, interpolation=cv2.INTER_LINEAR), np.uint8)


def _weights(height: int, words_end_px: int) -> NDArray[np.float32]:
    """How full the veil is in each row of a frame, 0 to 1."""
    below = np.arange(height) + 0.5 - words_end_px - _REACH * height
    t = np.clip(1 - below / (_SOFT * height), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _dim(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(_DIM_AROUND + (_DIM - _DIM_AROUND) * rows, np.float32)


def _sampled(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    found = cv2.resize(rows[:, None], (1, count), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32).reshape(-1, 1)
