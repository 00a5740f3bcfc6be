"""Where a video is cut: transitions by themselves, and between them where captions start."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

from reels.models import Transition
from reels.timeline import Shot, Timeline

#: The longest piece, in seconds; see `reels.grid`.
GRID_S = 2
#: A piece that is cut at a caption is at least so long: each costs an IDR frame.
_APART_S = 1.2
#: How long each transition takes; even, half of it lies on either side of the boundary.
TRANSITION_FRAMES: dict[Transition, int] = {
    "cut": 0,
    "crossfade": 8,
    "slide": 12,
    "fade_black": 16,
}


class Piece(NamedTuple):
    """A run of frames of the video: of one shot, or of two in a transition."""

    first: int
    frames: int
    shots: tuple[int, ...]
    transition: Transition


def halves(timeline: Timeline) -> list[int]:
    """Half the frames of the transition at every boundary, the video's ends among them."""
    pairs = pairwise(timeline.shots)
    inner = (
        min(TRANSITION_FRAMES[_into(timeline, after)] // 2, before.frames // 2, after.frames // 2)
        for before, after in pairs
    )
    return [0, *inner, 0]


def _into(timeline: Timeline, shot: Shot) -> Transition:
    return shot.transition or timeline.transition


def starts(timeline: Timeline) -> list[int]:
    """The frame at which each shot starts, and the video's end."""
    return [0, *accumulate(shot.frames for shot in timeline.shots)]


def pieces(timeline: Timeline) -> Iterator[Piece]:
    """All pieces, in order; together they have the timeline's frames."""
    half, start_of, spoken = halves(timeline), starts(timeline), _caption_starts(timeline)
    for number, shot in enumerate(timeline.shots):
        before, after = half[number], half[number + 1]
        if before:
            first = start_of[number] - before
            yield Piece(first, 2 * before, (number - 1, number), _into(timeline, shot))
        first, end = start_of[number] + before, start_of[number + 1] - after
        for start, stop in pairwise(_cuts(spoken, first, end, timeline.fps)):
            yield Piece(start, stop - start, (number,), "cut")


def _cuts(spoken: Sequence[int], first: int, end: int, fps: int) -> list[int]:
    """Where the frames `first` to `end` of one shot are cut, both ends among them.

    They are cut where a caption starts, so that an edited one costs its own piece, and
    then evenly where a piece would be longer than the grid allows. `spoken` are the frames
    at which captions start.
    """
    if first >= end:
        return []
    apart = round(_APART_S * fps)
    cuts = [first]
    for start in spoken[bisect_left(spoken, first) : bisect_right(spoken, end)]:
        if start - cuts[-1] >= apart and end - start >= apart:
            cuts.append(start)
    cuts.append(end)
    return [first, *chain.from_iterable(_evenly(*pair, fps) for pair in pairwise(cuts))]


def _evenly(first: int, end: int, fps: int) -> list[int]:
    """The ends of even pieces of at most the grid's length."""
    count = math.ceil((end - first) / (GRID_S * fps))
    return [first + (end - first) * n // count for n in range(1, count + 1)]


def _caption_starts(timeline: Timeline) -> list[int]:
    cues = timeline.cues if timeline.captions != "none" else ()
    return [round(cue.start_s * timeline.fps) for cue in cues]
