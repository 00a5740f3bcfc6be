"""Lines of code as rows of a measure: too long a line goes on below, indented and marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reels.fonts import drawable
from reels.scripts import clusters
from reels.typography.wrap import line_width

MARK = "↪"
#: What stands under a line that goes on: the mark and a space.
MARK_COLUMNS = 2
#: A deep indentation leaves at least this share of the measure to the text.
_LEAST_TEXT_SHARE = 0.6
#: A break is looked for in this last part of a row.
_SOFT_SHARE = 0.55
#: Best after a space; else where a list goes on; else inside an address or a path.
_SOFT_ENDS = (" ", ",;", "([{/.?&")
_CLOSING = frozenset(")]}>;,")
_REFERENCE_PX = 200


@dataclass(frozen=True)
class Row:
    """Characters `start` to `end` of line `line`, set `indent` columns from the left.

    `continued` when the line began in a row above: the mark stands before the indentation.
    """

    line: int
    start: int
    end: int
    indent: int
    continued: bool


def wrapped(lines: Sequence[str], columns: float) -> tuple[Row, ...]:
    """All lines as rows of at most `columns` (at least 8) times the width of a figure."""
    return tuple(row for n, line in enumerate(lines) for row in _rows(n, line, columns))


def columns_of(text: str) -> float:
    """The width of a text in widths of a figure."""
    if text.isascii():
        return float(len(text))
    return line_width(text, "mono", _REFERENCE_PX) / line_width("0", "mono", _REFERENCE_PX)


def settable(line: str) -> str:
    """The line without what no face can draw."""
    return line if line.isascii() else drawable(line)


def torn(line: str, row: Row) -> bool:
    """Whether the row starts within a word."""
    return row.continued and line[row.start - 1].isalnum() and line[row.start].isalnum()


def _rows(number: int, line: str, columns: float) -> list[Row]:
    if columns_of(line) <= columns:
        return [Row(number, 0, len(line), 0, False)]
    hang = _hang(line, columns)
    found: list[Row] = []
    start = 0
    while start < len(line):
        indent = hang if found else 0
        end = _end(line, start, columns - indent)
        found.append(Row(number, start, end, indent, bool(found)))
        start = end
        while start < len(line) and line[start] == " ":
            start += 1
    return found


def _hang(line: str, columns: float) -> int:
    own = len(line) - len(line.lstrip(" "))
    most = int(columns * (1 - _LEAST_TEXT_SHARE))
    return min(own, max(0, most - MARK_COLUMNS)) + MARK_COLUMNS


def _end(line: str, start: int, columns: float) -> int:
    """Where the row ends that starts at `start`: after a soft place, or where it is full."""
    used, end = 0.0, start
    soft = [start] * len(_SOFT_ENDS)
    for cluster in clusters(line[start : start + int(columns * 4) + 16]):
        used += columns_of(cluster)
        if used > columns and end > start:
            break
        end += len(cluster)
        if used < columns * (1 - _SOFT_SHARE) or line[end : end + 1] in _CLOSING:
            continue
        for tier, signs in enumerate(_SOFT_ENDS):
            if cluster in signs:
                soft[tier] = end
    if end >= len(line):
        return len(line)
    if line[end] == " ":
        return end
    return next((place for place in soft if place > start), end)
