"""Dynamic time warping within a band: which moment of one speech is which of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Indexes = npt.NDArray[np.int64]

_DIAGONAL, _DOWN, _RIGHT = 0, 1, 2
#: What it costs to stand still in one speech while the other goes on.
_STILL_COST = 0.12
_LEAST_BAND = 150


@dataclass(frozen=True)
class Path:
    """Pairs of rows (of the reference, of the target) in order, and the mean cost of a pair."""

    reference: Indexes
    target: Indexes
    mean_cost: float


def warp(reference: Rows, target: Rows, band_share: float = 0.12) -> Path:
    """The cheapest way through both, never further than a share of the target off the diagonal.

    Memory is one byte per reference row and band column: 60 s against 60 s take 9 MB.
    """
    count, width = len(reference), len(target)
    reach = min(max(int(width * band_share), _LEAST_BAND, -(-width // count) + 1), width)
    offsets = _offsets(count, width, reach)
    columns = min(2 * reach + 1, width)
    moves = np.zeros((count, columns), dtype=np.uint8)
    previous, previous_offset = np.full(columns, np.inf), 0
    squares = np.einsum("ij,ij->i", target, target)
    for row in range(count):
        offset = int(offsets[row])
        window = target[offset : offset + columns]
        distance = _distance(reference[row], window, squares[offset : offset + columns])
        if row:
            down, diagonal = _shifted(previous, offset - previous_offset)
            down = down + _STILL_COST
            entry = np.minimum(diagonal, down) + distance
            moves[row] = np.where(diagonal <= down, _DIAGONAL, _DOWN)
        else:
            entry = np.full(columns, np.inf)
            entry[0] = distance[0]
        # Moving right along a row is a running minimum once the row's own costs are summed.
        along = np.cumsum(distance + _STILL_COST)
        current = along + np.minimum.accumulate(entry - along)
        moves[row][current < entry - 1e-9] = _RIGHT
        previous, previous_offset = current, offset
    reference_at, target_at = _trace(moves, offsets, width)
    return Path(reference_at, target_at, float(previous[-1]) / max(len(reference_at), 1))


def _offsets(count: int, width: int, reach: int) -> Indexes:
    """The first target row of the band at each reference row: never decreasing."""
    centres = np.arange(count) * (width - 1) / max(count - 1, 1)
    last = max(width - min(2 * reach + 1, width), 0)
    return np.clip(np.round(centres).astype(np.int64) - reach, 0, last)


def _distance(
    row: npt.NDArray[np.float32], window: Rows, squares: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    square = squares - 2 * (window @ row) + row @ row
    return np.asarray(np.sqrt(np.maximum(square, 0)), dtype=np.float64)


def _shifted(
    previous: npt.NDArray[np.float64], by: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The row before in this row's columns: the same column, and the column to its left."""
    padded = np.concatenate([[np.inf], previous, np.full(by + 1, np.inf)])
    count = len(previous)
    return padded[1 + by : 1 + by + count], padded[by : by + count]


def _trace(moves: npt.NDArray[np.uint8], offsets: Indexes, width: int) -> tuple[Indexes, Indexes]:
    row, column = len(moves) - 1, width - 1
    rows, columns = [row], [column]
    while row > 0 or column > 0:
        move = moves[row, column - offsets[row]]
        if row == 0 or move == _RIGHT:
            column -= 1
        else:
            row -= 1
            column -= int(move == _DIAGONAL)
        rows.append(row)
        columns.append(column)
    return np.array(rows[::-1]), np.array(columns[::-1])
