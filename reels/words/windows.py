"""Cuts a long line into stretches that a model can hear at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reels.spans import Span

#: How long a window's own words may last, and what it hears of its neighbours on either side.
_OWN_S, _BESIDE_S = 22.0, 3.0
#: What is heard of a silence before the first word and after the last.
_SILENCE_S = 1.0
#: Words longer than this, as whole sentences of Chinese, are cut into pieces of this length.
_PIECE_CHARS = 24


@dataclass(frozen=True)
class Piece:
    """A word of the line, or a part of a long one. `word` is the word's index."""

    text: str
    word: int
    begins_word: bool


@dataclass(frozen=True)
class Window:
    """Pieces `first` to `after` are heard from `start_s` to `end_s`; `own` are kept of them."""

    first: int
    after: int
    own: range
    start_s: float
    end_s: float


def pieces(words: Sequence[str]) -> list[Piece]:
    """The words in parts of at most twice the usual length of a piece."""
    found: list[Piece] = []
    for index, word in enumerate(words):
        step = _PIECE_CHARS if len(word) > 2 * _PIECE_CHARS else len(word)
        parts = [word[at : at + step] for at in range(0, len(word), step)]
        found += [Piece(part, index, number == 0) for number, part in enumerate(parts)]
    return found


def windows(
    spans: Sequence[Span], sizes: Sequence[int], duration_s: float, most_s: float, most_size: int
) -> list[Window]:
    """Windows of at most `most_s` seconds and `most_size` tokens, whose own pieces are all.

    `spans` are about when each piece is spoken, `sizes` its tokens. Windows overlap, so that
    a word at a seam is heard whole, and seams lie at the longest pause that is near.
    """
    count = len(spans)
    if duration_s <= most_s and sum(sizes) <= most_size:
        return [Window(0, count, range(count), 0.0, duration_s)]
    own_s, room = min(_OWN_S, 0.75 * most_s), int(0.8 * most_size)
    found: list[Window] = []
    at = 0
    while at < count:
        until = _seam(spans, at, _reach(spans, sizes, at, own_s, room))
        found.append(_widened(spans, sizes, range(at, until), duration_s, most_s, most_size))
        at = until
    return found


def _reach(
    spans: Sequence[Span], sizes: Sequence[int], first: int, most_s: float, most_size: int
) -> int:
    after, size = first + 1, sizes[first]
    while after < len(spans) and spans[after][1] - spans[first][0] <= most_s:
        size += sizes[after]
        if size > most_size:
            break
        after += 1
    return after


def _seam(spans: Sequence[Span], first: int, reach: int) -> int:
    """Before which piece to cut: at the longest pause of the last third, or at the end."""
    if reach == len(spans):
        return reach
    third = max(first + 1, reach - (reach - first) // 3)
    return max(range(third, reach + 1), key=lambda at: (spans[at][0] - spans[at - 1][1], at))


def _widened(
    spans: Sequence[Span],
    sizes: Sequence[int],
    own: range,
    duration_s: float,
    most_s: float,
    most_size: int,
) -> Window:
    first, after, size = own.start, own.stop, sum(sizes[own.start : own.stop])
    begin_s, end_s = spans[own.start][0], spans[own.stop - 1][1]
    while first and begin_s - spans[first - 1][0] <= _BESIDE_S:
        size += sizes[first - 1]
        if size > most_size or end_s - spans[first - 1][0] > most_s:
            break
        first -= 1
    start_s = max(_between(spans, first, duration_s), spans[first][0] - _SILENCE_S)
    while after < len(spans) and spans[after][1] - end_s <= _BESIDE_S:
        size += sizes[after]
        if size > most_size or spans[after][1] - start_s > most_s:
            break
        after += 1
    stop_s = min(_between(spans, after, duration_s), spans[after - 1][1] + _SILENCE_S)
    return Window(first, after, own, start_s, stop_s)


def _between(spans: Sequence[Span], at: int, duration_s: float) -> float:
    """The middle of the pause before piece `at`; the audio's ends at both ends."""
    if at == 0:
        return 0.0
    if at == len(spans):
        return duration_s
    return (spans[at - 1][1] + spans[at][0]) / 2
