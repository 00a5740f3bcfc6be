"""Sounds decoded once to a raw file, and read from it piece by piece."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reels.loudness import RATE, Samples
from reels.sounds import decode

_FRAME_BYTES = 2 * 4
#: Where a loop's end meets its start, they cross over this long.
_SEAM = RATE // 4


class Sound:
    """Stereo at 48 kHz in a raw file of interleaved 32-bit floats."""

    def __init__(self, path: Path, samples: int) -> None:
        self._path = path
        self.samples = samples

    @classmethod
    def read(cls, source: Path, to: Path) -> Sound:
        """Decode the first sound of `source` into the raw file `to`.

        Raises:
            RenderError: `source` holds no sound that can be decoded, or too long a one.
        """
        return cls(to, decode(source, to, rate_hz=RATE, channels=2))

    def samples_between(self, start: int, end: int) -> Samples:
        """An array of (2, end - start); silence outside of the sound."""
        block = np.zeros((2, end - start), np.float32)
        self.add_to(block, -start, 1.0)
        return block

    def add_to(self, block: Samples, at: int, gain: float) -> None:
        """Add the sound to `block` as if it started at the block's sample `at`."""
        start, end = max(0, -at), min(self.samples, block.shape[1] - at)
        if start < end:
            raw = np.fromfile(
                self._path, np.float32, count=2 * (end - start), offset=start * _FRAME_BYTES
            )
            block[:, at + start : at + end] += raw.reshape(-1, 2).T * np.float32(gain)

    def looped(self, start: int, end: int) -> Samples:
        """Samples `start` to `end` of the sound repeated without end, over soft seams."""
        block = np.zeros((2, end - start), np.float32)
        period = loop_period(self.samples)
        seam = self.samples - period
        first = max(0, start // period - 1)
        for turn in range(first, end // period + 1):
            piece = np.zeros_like(block)
            at = turn * period - start
            self.add_to(piece, at, 1.0)
            _ease(piece, at, seam, rising=True, skip=turn == 0)
            _ease(piece, at + period, seam, rising=False, skip=False)
            block += piece
        return block


def loop_period(samples: int) -> int:
    """Samples from one turn of a looped sound to the next."""
    return samples - min(_SEAM, samples // 4)


def _ease(piece: Samples, at: int, seam: int, *, rising: bool, skip: bool) -> None:
    """Fade `piece` over `seam` samples from `at` on, in place."""
    start, end = max(0, at), min(piece.shape[1], at + seam)
    if skip or start >= end:
        return
    ramp = (np.arange(start - at, end - at, dtype=np.float32) + 0.5) / seam
    piece[:, start:end] *= np.sin(np.pi / 2 * (ramp if rising else 1 - ramp))
