"""Rows of code shared out over pages: as few as can be, of like length, parted where it rests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from reels.visuals.code_rows import Row

#: What breaks cost where an empty page costs 1: inside a line, after one that opens a block,
#: before the deepest line, without a blank line.
_INSIDE_LINE, _OPENED, _DEEPEST, _NO_BLANK = 1.5, 0.5, 0.5, 0.12
_DEEP_COLUMNS = 16
#: What a page more than are needed costs, and one in how many may be added.
_SPARE_PAGE, _SPARE_SHARE = 0.25, 5


def pages_of(lines: Sequence[str], rows: Sequence[Row], per_page: int) -> list[Sequence[Row]]:
    """The rows of each page, at most `per_page`; blank lines at a page's edges are left out."""
    rows = _trimmed(lines, rows)
    if not rows:
        return []
    least = fewest(lines, rows, per_page)
    spare = range(least // _SPARE_SHARE + 1)
    found = [_cuts(lines, rows, per_page, least + extra) for extra in spare]
    _, cuts = min((cost + extra * _SPARE_PAGE, cuts) for extra, (cost, cuts) in enumerate(found))
    return [_trimmed(lines, rows[a:b]) for a, b in pairwise(cuts)]


def fewest(lines: Sequence[str], rows: Sequence[Row], per_page: int) -> int:
    """How many pages of `per_page` rows are needed, at least 1."""
    count, start = 0, _after_blanks(lines, rows, 0)
    while start < len(rows):
        count, start = count + 1, _after_blanks(lines, rows, start + per_page)
    return max(1, count)


def _cuts(
    lines: Sequence[str], rows: Sequence[Row], per_page: int, count: int
) -> tuple[float, tuple[int, ...]]:
    """The cheapest way to part the rows in `count`: where each page starts, and the end."""
    total = len(rows)
    goal = total / count
    prices = [_price(lines, rows, at) for at in range(total + 1)]
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, (0,))}
    for _ in range(count):
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, cuts) in best.items():
            first = _after_blanks(lines, rows, start)
            for end in range(first + 1, min(total, first + per_page) + 1):
                price = cost + ((end - start - goal) / goal) ** 2 + prices[end]
                if end not in following or price < following[end][0]:
                    following[end] = (price, (*cuts, end))
        best = following
    return best[total]


def _price(lines: Sequence[str], rows: Sequence[Row], at: int) -> float:
    """How bad a break before row `at` is."""
    if at >= len(rows):
        return 0.0
    if rows[at].continued:
        return _INSIDE_LINE
    line, before = lines[rows[at].line], lines[rows[at - 1].line]
    if not line:
        return _price(lines, rows, at + 1)
    deep = min(_depth(line), _DEEP_COLUMNS) / _DEEP_COLUMNS
    opened = _OPENED if before and _depth(before) < _depth(line) else 0.0
    return deep * _DEEPEST + (_NO_BLANK if before else 0.0) + opened


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _after_blanks(lines: Sequence[str], rows: Sequence[Row], start: int) -> int:
    while start < len(rows) and not lines[rows[start].line]:
        start += 1
    return start


def _trimmed(lines: Sequence[str], rows: Sequence[Row]) -> Sequence[Row]:
    start, end = _after_blanks(lines, rows, 0), len(rows)
    while end > start and not lines[rows[end - 1].line]:
        end -= 1
    return rows[start:end]
