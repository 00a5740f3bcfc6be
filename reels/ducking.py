"""Music steps back while somebody speaks, as a side-chain compressor would have it.

The key is not the voice's level but the time when lines are spoken, which is known: so
the music goes down before the first syllable, and pauses within a line do not make it
pump.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reels.loudness import RATE, Samples

DEPTH_DB = 9.0
#: The music is down when the line starts, and back this long after its end.
_ATTACK, _RELEASE = round(0.35 * RATE), round(0.9 * RATE)

_FLOOR = np.float32(10 ** (-DEPTH_DB / 20))


class Duck:
    """The music's gain over time, for lines spoken from one sample to another."""

    def __init__(self, spoken: Sequence[tuple[int, int]]) -> None:
        self._turns = _merged(spoken)
        self._down, self._up = _ramp(_ATTACK), _ramp(_RELEASE)[::-1]

    def apply(self, block: Samples, first: int) -> None:
        """Scale `block`, whose first sample is number `first`, in place."""
        for start, end in self._turns:
            if start - _ATTACK < first + block.shape[1] and end + _RELEASE > first:
                shape(block, start - _ATTACK - first, self._down)
                block[:, max(0, start - first) : max(0, end - first)] *= _FLOOR
                shape(block, end - first, self._up)


def shape(block: Samples, at: int, gains: Samples) -> None:
    """Scale the samples of `block` from `at` on by `gains`, as far as they lie in it."""
    start, end = max(0, at), min(block.shape[1], at + len(gains))
    if start < end:
        block[:, start:end] *= gains[start - at : end - at]


def _ramp(samples: int) -> Samples:
    """From 1 down to the floor: even in decibels, and soft at both ends."""
    way = (np.arange(samples) + 0.5) / samples
    return np.asarray(10 ** (-DEPTH_DB / 20 * way * way * (3 - 2 * way)), np.float32)


def _merged(spoken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lines in order of time; those with no room to come back between are one."""
    merged: list[tuple[int, int]] = []
    gap = _ATTACK + _RELEASE
    for start, end in sorted(spoken):
        if merged and start - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
