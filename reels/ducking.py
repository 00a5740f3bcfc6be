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
_ATTACK_S, _RELEASE_S = 0.35, 0.9


class Duck:
    """The music's gain over time, for lines spoken from one sample to another."""

    def __init__(self, spoken: Sequence[tuple[int, int]]) -> None:
        turns = [
            (at, depth)
            for start, end in _merged(spoken)
            for at, depth in (
                (start - _ATTACK_S * RATE, 0.0),
                (start, 1.0),
                (end, 1.0),
                (end + _RELEASE_S * RATE, 0.0),
            )
        ]
        self._at, self._depth = np.array(turns or [(0.0, 0.0)]).T

    def gains(self, start: int, end: int) -> Samples:
        """Factors for samples `start` to `end`."""
        depth = np.interp(np.arange(start, end), self._at, self._depth)
        smooth = depth * depth * (3 - 2 * depth)
        return np.asarray(10 ** (-DEPTH_DB / 20 * smooth), np.float32)


def _merged(spoken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lines in order of time; those with no room to come back between are one."""
    merged: list[tuple[int, int]] = []
    gap = (_ATTACK_S + _RELEASE_S) * RATE
    for start, end in sorted(spoken):
        if merged and start - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
