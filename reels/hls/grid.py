"""Where groups of pictures and segments start: the same in all variants of a film."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from reels.cuts import GRID_S
from reels.models import Model

#: Apple's authoring specification: segments of 6 s that may be 0.5 s longer.
SEGMENT_S, OVER_S = 6, Fraction(1, 2)
#: Ticks of a second are at least so many, that every clock of a player can tell frames apart.
_LEAST_TICKS = 10_000
_TICKS_PER_FRAME = 512


class Grid(Model):
    """Frames, counted from 0. Every group starts with an IDR picture and stands by itself.

    `groups` and `segments` are first frames; every segment starts with a group.
    """

    fps: Fraction
    frames: int
    groups: tuple[int, ...]
    segments: tuple[int, ...]

    @property
    def is_even(self) -> bool:
        """Whether all groups but the last are equally long."""
        steps = {b - a for a, b in pairwise(self.groups)}
        return len(steps) <= 1 and self.groups[-1] + max(steps, default=self.frames) >= self.frames

    @property
    def length_s(self) -> Fraction:
        return self.frames / self.fps

    @property
    def timescale(self) -> int:
        """Ticks of a second in the tracks of pictures."""
        return self.fps.numerator * self._factor

    @property
    def ticks_per_frame(self) -> int:
        return self.fps.denominator * self._factor

    @property
    def _factor(self) -> int:
        return 1 if self.fps.numerator >= _LEAST_TICKS else _TICKS_PER_FRAME

    def segment_end(self, number: int) -> int:
        """The frame after the last one of a segment."""
        return self.segments[number + 1] if number + 1 < len(self.segments) else self.frames

    def groups_of(self, number: int) -> list[tuple[int, int]]:
        """The groups of a segment: first frame, and the one after the last."""
        end = self.segment_end(number)
        starts = [group for group in self.groups if self.segments[number] <= group < end]
        return list(pairwise([*starts, end]))


def even_grid(fps: Fraction, frames: int) -> Grid:
    """Groups of 2 s, to the nearest frame, and segments of three of them."""
    step = max(1, round(GRID_S * fps))
    groups = range(0, frames, step)
    return Grid(
        fps=fps, frames=frames, groups=tuple(groups), segments=tuple(groups[:: SEGMENT_S // GRID_S])
    )


def grid_of_keys(fps: Fraction, frames: int, keys: Sequence[int]) -> Grid | None:
    """A grid of some of the frames in `keys`; None where they are further apart than 2 s.

    Of keys that are near each other the furthest one counts that a group can reach, so that a
    film with a key every 2 s, and some between, has the even grid.
    """
    groups = _steps([*keys, frames], GRID_S * fps + Fraction(1, 2))
    segments = groups and _steps([*groups, frames], SEGMENT_S * fps + Fraction(1, 2))
    if not groups or not segments:
        return None
    return Grid(fps=fps, frames=frames, groups=tuple(groups), segments=tuple(segments))


def _steps(stops: Sequence[int], most: Fraction) -> list[int]:
    """From 0 to the last of `stops` in the longest steps up to `most` from stop to stop."""
    if not stops or stops[0] != 0:
        return []
    taken, last = [0], 0
    for stop in stops[1:]:
        if stop - taken[-1] > most and last > taken[-1]:
            taken.append(last)
        if stop - taken[-1] > most:
            return []
        last = stop
    return taken
