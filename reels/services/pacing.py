"""Which pictures are shown over a voice, and for how many frames: as long as their part lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from reels.models import FPS
from reels.services.base import TaskResult
from reels.storyboard.sentences import weight
from reels.timeline import FIRST_EXTRA_S, LAST_EXTRA_S, LEAD_IN_S, TAIL_S
from reels.writers.parts import part_for, parts_of

#: When the voice begins.
FIRST_WORD_S: Final = LEAD_IN_S + FIRST_EXTRA_S
#: A picture that nobody speaks over.
_SILENT_SHOT_S = 3.0
#: Shorter shots would be all transition.
_LEAST_FRAMES = FPS


def shown_frames(voice: TaskResult | None, count: int) -> list[tuple[int, int]]:
    """Which of `count` pictures (from 0) are shown, in order, and each one's frames.

    All of them, unless the voice is too short to show each for a second.
    """
    if voice is None or not voice.duration_s:
        return [(number, round(_SILENT_SHOT_S * FPS)) for number in range(count)]
    whole = round((FIRST_WORD_S + voice.duration_s + TAIL_S + LAST_EXTRA_S) * FPS)
    starts = [0, *(round((FIRST_WORD_S + at_s) * FPS) for at_s in _changes_s(voice, count))]
    if whole < count * _LEAST_FRAMES:
        chosen = _with_room(starts, whole)
        frames = [b - a for a, b in pairwise([*(starts[each] for each in chosen), whole])]
        return [*zip(chosen, frames, strict=True)]
    return [*enumerate(_at_least(starts[1:], whole, count))]


def _changes_s(voice: TaskResult, count: int) -> list[float]:
    """When each picture but the first comes, on the voice's clock.

    Pictures of one part of the text share its time alike.
    """
    assert voice.duration_s is not None
    parts = parts_of(voice.text, count)
    ends_s = _part_ends_s(voice, parts)
    belongs = [part_for(number, count, len(parts)) for number in range(count)]
    pictures, seen = Counter(belongs), Counter[int]()
    starts_s = []
    for part in belongs:
        begin_s = ends_s[part - 1] if part else 0.0
        starts_s.append(begin_s + (ends_s[part] - begin_s) * seen[part] / pictures[part])
        seen[part] += 1
    return starts_s[1:]


def _part_ends_s(voice: TaskResult, parts: Sequence[str]) -> list[float]:
    """When each part of the text is over: between two words, if their times are known."""
    assert voice.duration_s is not None
    words = voice.words or ()
    counts = [*accumulate(len(part.split()) for part in parts)]
    if words and counts[-1] == len(words):
        pairs = ((words[n - 1].end_s, words[n].start_s) for n in counts[:-1])
        return [*((before + after) / 2 for before, after in pairs), voice.duration_s]
    said = [*accumulate(weight(part) for part in parts)]
    return [voice.duration_s * each / (said[-1] or 1.0) for each in said]


def _with_room(starts: Sequence[int], whole: int) -> list[int]:
    """Pictures that come at their time and stay for as long as a shot must last."""
    chosen = [0]
    for number, start in enumerate(starts[1:], 1):
        since = start - starts[chosen[-1]]
        if since >= _LEAST_FRAMES and whole - start >= _LEAST_FRAMES:
            chosen.append(number)
    return chosen


def _at_least(ends: Sequence[int], whole: int, count: int) -> list[int]:
    """Shots between `ends`, none shorter than may be, `whole` frames in all."""
    cuts = [0]
    for number, end in enumerate(ends, 1):
        latest = whole - (count - number) * _LEAST_FRAMES
        cuts.append(min(max(end, cuts[-1] + _LEAST_FRAMES), latest))
    cuts.append(whole)
    return [later - earlier for earlier, later in pairwise(cuts)]
