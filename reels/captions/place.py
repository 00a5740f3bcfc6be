"""Where every stretch of letters of a caption stands in the frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from reels.captions.bidi import levels, visual_order
from reels.captions.lines import Lines, Piece, line_extent
from reels.captions.look import Look
from reels.captions.type import Extent, run_extent
from reels.fonts import Face, Weight, runs
from reels.scripts import is_rtl


class Stretch(NamedTuple):
    """Letters of one token, one face and one direction, from `x` on the baseline `y`, in
    pixels of the frame."""

    number: int
    line: int
    text: str
    face: Face
    rtl: bool
    x: float
    y: float
    extent: Extent


class _Item(NamedTuple):
    """A stretch that has no place yet, or a gap when it has no face."""

    number: int
    text: str
    level: int
    face: Face | None
    advance: float


def place(lines: Lines, look: Look) -> tuple[Stretch, ...]:
    """The stretches of set lines, each line in the middle of the box and in visual order."""
    if not lines.lines:
        return ()
    em_px = lines.em_px
    places, _ = look.baselines(lines.extents)
    first = look.first_baseline_px(lines.extents, em_px)
    middle = (look.box[0] + look.box[2]) / 2
    found: list[Stretch] = []
    for row, (line, of) in enumerate(zip(lines.lines, _levels(lines), strict=True)):
        items = list(_items(line, of, look))
        x = middle - line_extent(line).advance * em_px / 2
        for index in visual_order([item.level for item in items]):
            item = items[index]
            if item.face:
                extent, rtl = run_extent(item.text, item.face.path), item.level % 2 == 1
                y = first + places[row] * em_px
                found.append(Stretch(item.number, row, item.text, item.face, rtl, x, y, extent))
            x += item.advance * em_px
    return tuple(found)


def _levels(lines: Lines) -> Iterator[list[list[int]]]:
    """For each piece of each line the levels of the space before it and of its letters."""
    text = "".join(_spaced(piece) for line in lines.lines for piece in line)
    of = levels(text, is_rtl(text))
    at = 0
    for line in lines.lines:
        row = []
        for piece in line:
            end = at + len(_spaced(piece))
            row.append(of[at:end])
            at = end
        yield row


def _spaced(piece: Piece) -> str:
    return f" {piece.text}"


def _items(line: Sequence[Piece], of: Sequence[Sequence[int]], look: Look) -> Iterator[_Item]:
    for index, (piece, piece_levels) in enumerate(zip(line, of, strict=True)):
        if index and piece.gap:
            yield _Item(piece.number, " ", piece_levels[0], None, piece.gap)
        for text, face, level in _stretches(piece.text, piece_levels[1:], look.weight):
            yield _Item(piece.number, text, level, face, run_extent(text, face.path).advance)


def _stretches(text: str, of: Sequence[int], weight: Weight) -> Iterator[tuple[str, Face, int]]:
    """A piece cut by face and level; letters that no face has are gone."""
    letters: list[tuple[str, Face, int]] = []
    at = 0
    for run in runs(text, weight):
        for char in run.text:
            at = text.index(char, at) + 1
            letters.append((char, run.face, of[at - 1]))
    for (face, level), group in groupby(letters, key=lambda letter: letter[1:]):
        yield "".join(char for char, _, _ in group), face, level
