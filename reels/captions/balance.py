"""Breaks a row of chunks into lines of like length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

#: What a line costs: more than any unevenness, so that there are never more than needed.
_LINE = 10.0
#: Text of no width, as of letters that no font has, is nothing to divide by.
_NARROWEST = 1e-6


class Chunk(NamedTuple):
    """What stays on one line: its width, the gap before it inside a line, and what it costs
    when a line ends after it (1 is as bad as a line that is empty)."""

    width: float
    gap: float
    end_cost: float = 0.0


def fewest(chunks: Sequence[Chunk], room: float) -> int:
    """How many lines of this width the chunks need."""
    count, used = 0, math.inf
    for chunk in chunks:
        used += chunk.gap + chunk.width
        if used > room:
            count, used = count + 1, chunk.width
    return count


def balanced(chunks: Sequence[Chunk], room: float) -> list[tuple[int, int]]:
    """As few lines as `room` allows, as even as can be, as (first chunk, one after the last).

    A chunk that is wider than `room` has a line of its own.
    """
    if not chunks:
        return []
    total = sum(chunk.width + chunk.gap for chunk in chunks) - chunks[0].gap
    aim = max(total / fewest(chunks, room), _NARROWEST)
    best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * len(chunks)
    for start in range(len(chunks)):
        used = -chunks[start].gap
        for end in range(start + 1, len(chunks) + 1):
            last = chunks[end - 1]
            used += last.gap + last.width
            if used > room and end > start + 1:
                break
            cost = best[start][0] + _LINE + ((used - aim) / aim) ** 2
            cost += last.end_cost if end < len(chunks) else 0.0
            if cost < best[end][0]:
                best[end] = (cost, start)
    return _path(best)


def _path(best: Sequence[tuple[float, int]]) -> list[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    end = len(best) - 1
    while end:
        start = best[end][1]
        lines.append((start, end))
        end = start
    return lines[::-1]
