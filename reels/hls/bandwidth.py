"""Bits a second, measured in segments as RFC 8216 defines them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from reels.hls.grid import SEGMENT_S
from reels.hls.pieces import Piece

#: A peak is that of any run of segments that lasts from half to one and a half times the
#: target duration.
_LEAST_S, _MOST_S = Fraction(SEGMENT_S, 2), Fraction(SEGMENT_S * 3, 2)


class Rates(NamedTuple):
    """Bits a second."""

    peak: int
    average: int

    def __add__(self, other: object) -> Rates:
        if not isinstance(other, Rates):
            return NotImplemented
        return Rates(self.peak + other.peak, self.average + other.average)


def rates(pieces: Sequence[Piece]) -> Rates:
    """The peak and the average of a track."""
    return _rates([(piece.duration_s, piece.size_bytes) for piece in pieces])


def key_rates(pieces: Sequence[Piece]) -> Rates:
    """Those of a track's pictures to start from, when nothing else is loaded."""
    keys = [key for piece in pieces for key in piece.keys]
    end_s = pieces[-1].start_s + pieces[-1].duration_s
    ends = [*(key.start_s for key in keys[1:]), end_s]
    return _rates(
        [(end - key.start_s, key.size_bytes) for key, end in zip(keys, ends, strict=True)]
    )


def _rates(parts: Sequence[tuple[Fraction, int]]) -> Rates:
    total_s = sum((length for length, _ in parts), Fraction(0))
    total = sum(size for _, size in parts)
    average = -(-8 * total // total_s)
    peak = average
    for first in range(len(parts)):
        length_s, size = Fraction(0), 0
        for duration_s, more in parts[first:]:
            length_s += duration_s
            size += more
            if length_s > _MOST_S:
                break
            if length_s >= _LEAST_S:
                peak = max(peak, -(-8 * size // length_s))
    return Rates(int(peak), int(average))
