"""How far a video is, in per cent, while a stage works; and how far some work is, in shares."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from reels.stages import PROGRESS, STAGES, Stage, Status

#: Called with how much is done and how much there is to do, in one unit, as whole frames.
OnProgress = Callable[[int, int], None]
#: Called with the share of some work that is done, from 0 to 1.
OnShare = Callable[[float], None]

_ENDS: tuple[Status, ...] = (*STAGES[1:], "ready")


def percent_of(stage: Stage, share: float) -> int:
    """Per cent done of a video when `share` (0 to 1) of the work of `stage` is.

    From the stage's entry up to the last whole per cent below the next one's: that it takes
    to enter it, as there is always something between.
    """
    first = PROGRESS[stage]
    end = PROGRESS[_ENDS[STAGES.index(stage)]]
    return min(first + int(max(share, 0.0) * (end - first)), end - 1)


class Tally:
    """How much of several pieces of work is done; many threads may count at once.

    What has been counted stays so: a piece that is begun anew gains nothing until it is
    further than before. `changed` is set by every count that adds something.
    """

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._lock = threading.Lock()
        self._sizes: dict[Hashable, float] = {}
        self._counts: dict[Hashable, float] = {}
        self._size = 0.0
        self._count = 0.0

    @property
    def share(self) -> float:
        """What is done of all that is expected, from 0 to 1; 0 while nothing is expected."""
        with self._lock:
            return min(self._count / self._size, 1.0) if self._size else 0.0

    def expect(self, piece: Hashable, size: float = 1) -> None:
        """There is `size` to do in this piece, or more when more was expected of it before."""
        with self._lock:
            more = max(size - self._sizes.get(piece, 0), 0)
            self._sizes[piece] = self._sizes.get(piece, 0) + more
            self._size += more

    def count(self, piece: Hashable, done: float | None = None) -> None:
        """`done` of the piece is done, or all of it. Of what is not expected nothing counts."""
        with self._lock:
            size = self._sizes.get(piece, 0)
            reached = size if done is None else min(done, size)
            gain = reached - self._counts.get(piece, 0)
            if gain <= 0:
                return
            self._counts[piece] = reached
            self._count += gain
        self.changed.set()

    def part(self, piece: Hashable, size: float = 1) -> OnShare:
        """Expect a piece; what comes back counts the share of it that is done."""
        self.expect(piece, size)
        return lambda share: self.count(piece, share * size)
