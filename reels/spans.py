"""Times of words: the rules that every voice and every aligner keeps.

A line's words are what white space separates. Each has a time, in order, not overlapping,
inside the audio, at least `MIN_WORD_S` long where the audio has the room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reels.models import Word

#: Start and end in seconds.
Span = tuple[float, float]

MIN_WORD_S = 0.03


def word_ranges(line: str) -> list[tuple[int, int]]:
    """Where each white-space separated word of `line` begins and ends, in characters."""
    ranges: list[tuple[int, int]] = []
    at = 0
    for word in line.split():
        start = line.index(word, at)
        at = start + len(word)
        ranges.append((start, at))
    return ranges


def fit_words(
    texts: Sequence[str], spans: Sequence[Span | None], duration_s: float
) -> tuple[Word, ...]:
    """Words from spans that may be missing (None), overlap or leave the audio.

    Words without a span share the gap between their neighbours; where there is no gap they
    take a little of the word before them, or of the one after.
    """
    if not texts:
        return ()
    least_s = min(MIN_WORD_S, duration_s / (2 * len(texts)))
    filled = _fill(_repair(spans, duration_s), duration_s, least_s)
    return tuple(
        Word(text=text, start_s=round(start, 4), end_s=round(end, 4))
        for text, (start, end) in zip(texts, _separate(filled, duration_s, least_s), strict=True)
    )


def shift(words: Iterable[Word], by_s: float) -> tuple[Word, ...]:
    """The words of a line on the clock of the video, in which the line starts at `by_s`."""
    return tuple(
        Word(
            text=word.text,
            start_s=round(max(word.start_s + by_s, 0.0), 4),
            end_s=round(max(word.end_s + by_s, 0.0), 4),
        )
        for word in words
    )


def _repair(spans: Sequence[Span | None], duration_s: float) -> list[Span | None]:
    """Inside the audio, and no word starts before the one before it."""
    repaired: list[Span | None] = []
    latest = 0.0
    for span in spans:
        if span is None:
            repaired.append(None)
            continue
        start = min(max(span[0], latest), duration_s)
        repaired.append((start, min(max(span[1], start), duration_s)))
        latest = start
    return repaired


def _fill(spans: list[Span | None], duration_s: float, least_s: float) -> list[Span]:
    filled = list(spans)
    for first, after in _missing(spans):
        count = after - first
        before = filled[first - 1] if first else None
        begin = before[1] if before else 0.0
        following = filled[after] if after < len(filled) else None
        end = following[0] if following else duration_s
        short = count * least_s - (end - begin)
        if short > 0 and before:
            begin = max(begin - short, (before[0] + begin) / 2)
            filled[first - 1] = (before[0], begin)
        elif short > 0 and following:
            end = min(end + short, (following[1] + end) / 2)
            filled[after] = (end, following[1])
        step = max(end - begin, 0.0) / count
        for index in range(count):
            filled[first + index] = (begin + index * step, begin + (index + 1) * step)
    return [span for span in filled if span is not None]


def _missing(spans: Sequence[Span | None]) -> Iterator[tuple[int, int]]:
    """Runs of None as (first, one after the last)."""
    first: int | None = None
    for index, span in enumerate(spans):
        if span is None and first is None:
            first = index
        elif span is not None and first is not None:
            yield first, index
            first = None
    if first is not None:
        yield first, len(spans)


def _separate(spans: list[Span], duration_s: float, least_s: float) -> list[Span]:
    """Push starts apart from both ends so that each word has its least length."""
    starts: list[float] = []
    for index, (start, _) in enumerate(spans):
        starts.append(max(start, starts[-1] + least_s) if index else max(start, 0.0))
    limit = duration_s
    for index in range(len(starts) - 1, -1, -1):
        starts[index] = min(starts[index], limit - least_s)
        limit = starts[index]
    separate: list[Span] = []
    for index, start in enumerate(starts):
        until = starts[index + 1] if index + 1 < len(starts) else duration_s
        separate.append((start, min(max(spans[index][1], start + least_s), until)))
    return separate
