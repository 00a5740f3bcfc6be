"""Pictures shared out over the length of a sound, to the frame, and on its beats if wanted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Costs = NDArray[np.float64]

#: A picture that is shown for less is not seen.
MIN_PICTURE_S = 0.5


def share_out(
    frames: int, pictures: int, *, least: int, beats: Sequence[int] = ()
) -> tuple[int, ...] | None:
    """How many frames each of `pictures` gets of `frames`; they add up exactly.

    Without `beats` (frames, in order) they differ by one at most. With them every change
    falls on a beat, as near to its even place as can be. No picture gets fewer than `least`.
    None: there are too few frames, or too few beats.
    """
    if frames < pictures * least:
        return None
    even = [round(number * frames / pictures) for number in range(1, pictures)]
    changes = _on_beats(even, frames, least, beats) if beats and even else even
    if changes is None:
        return None
    return tuple(end - start for start, end in pairwise([0, *changes, frames]))


def _on_beats(
    even: Sequence[int], frames: int, least: int, beats: Sequence[int]
) -> list[int] | None:
    """The beats whose distances from `even`, squared, add up to the least."""
    places: Places = np.array([beat for beat in beats if least <= beat <= frames - least], np.int64)
    if len(places) < len(even):
        return None
    # Where the beat lies after which the next change may come.
    latest = np.searchsorted(places, places - least, "right") - 1
    costs: Costs = np.zeros(len(places))
    chosen: list[Places] = []
    for number, place in enumerate(even):
        apart = np.square(places - place).astype(np.float64)
        costs = apart + _before(costs, latest) if number else apart
        best = np.where(np.minimum.accumulate(costs) == costs, np.arange(len(costs)), 0)
        chosen.append(np.maximum.accumulate(best))
        costs = np.minimum.accumulate(costs)
    if not np.isfinite(costs[-1]):
        return None
    return _traced(chosen, places, latest)


def _before(
    costs: Costs,
    latest: Places,
) -> Costs:
    """The least cost up to each place's `latest`."""
    return np.where(latest >= 0, costs[np.maximum(latest, 0)], np.inf)


def _traced(
    chosen: Sequence[Places],
    places: Places,
    latest: Places,
) -> list[int]:
    found: list[int] = []
    at = len(places) - 1
    for best in reversed(chosen):
        at = int(best[at])
        found.append(int(places[at]))
        at = int(latest[at])
    return found[::-1]
