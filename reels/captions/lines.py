"""Sets tokens in lines that fit the caption box, smaller where they must be, never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reels.captions.balance import Chunk, balanced, fewest
from reels.captions.look import Look
from reels.captions.tokens import Token, break_cost, may_break
from reels.captions.type import Extent, extent
from reels.scripts import clusters, tears

#: (lines at most, smallest share of the usual size) in order of preference.
_PREFERRED = ((2, 0.85), (3, 0.7))
#: Down to this share whole words are preferred to larger letters.
_WHOLE_WORDS = 0.6
_STEP = 0.96
_TINIEST_PX = 2.0
_HYPHENS = "-/–—"
_LONGEST_UNPARTED = 12


class Piece(NamedTuple):
    """A token on a line, or a part of one that was too long for a line.

    `number` is its token's; `gap` is the space before it in ems.
    """

    number: int
    text: str
    gap: float
    extent: Extent


#: Pieces that stay together: a word and a mark that may not be parted from it.
Group = tuple[Piece, ...]


class Lines(NamedTuple):
    """A text set: its lines and the em in pixels at which they fit."""

    lines: tuple[tuple[Piece, ...], ...]
    em_px: float

    @property
    def texts(self) -> tuple[str, ...]:
        """Each line as it is read."""
        return tuple(
            "".join(" " * (n > 0 and piece.gap > 0) + piece.text for n, piece in enumerate(line))
            for line in self.lines
        )

    @property
    def extents(self) -> list[Extent]:
        return [line_extent(line) for line in self.lines]


def set_lines(parts: Sequence[Token], look: Look) -> Lines:
    """Set tokens in balanced lines inside the box of `look`."""
    groups, costs = _groups(parts, look)
    if not groups:
        return Lines((), look.em_px)
    tries = [(most, share) for most, smallest in _PREFERRED for share in _shares(smallest)]
    tries += [(len(groups), share) for share in _shares(_WHOLE_WORDS)]
    for most, share in tries:
        setting = _try(groups, costs, look, look.em_px * share, most)
        if setting:
            return setting
    return _torn(groups, look)


def line_extent(line: Sequence[Piece]) -> Extent:
    """The extent of a line in ems."""
    return Extent(
        sum(piece.extent.advance + piece.gap for piece in line) - line[0].gap,
        max(piece.extent.above for piece in line),
        max(piece.extent.below for piece in line),
        line[0].extent.left,
        line[-1].extent.right,
    )


def _groups(parts: Sequence[Token], look: Look) -> tuple[list[Group], list[float]]:
    """The tokens, those that may not be parted together, and what it costs to break after."""
    groups: list[Group] = []
    costs: list[float] = []
    for number, token in enumerate(parts):
        gap = look.gap if token.spaced else 0.0
        piece = Piece(number, token.text, gap, extent(token.text, look.weight))
        if groups and not may_break(parts[number - 1], token):
            groups[-1] += (piece,)
            continue
        if groups:
            costs.append(break_cost(parts[number - 1], token))
        groups.append((piece,))
    return groups, [*costs, 0.0]


def _try(
    groups: Sequence[Group], costs: Sequence[float], look: Look, em_px: float, most: int
) -> Lines | None:
    """The lines at this size; None when they are more than `most`, too wide or too high."""
    room = look.width(em_px)
    chunks = [_chunk(group, cost) for group, cost in zip(groups, costs, strict=True)]
    if max(chunk.width for chunk in chunks) > room or fewest(chunks, room) > most:
        return None
    lines = _joined(groups, balanced(chunks, room), em_px)
    return lines if look.baselines(lines.extents)[1] <= look.height(em_px) else None


def _torn(groups: Sequence[Group], look: Look) -> Lines:
    """Break even inside words, and shrink on until the box holds it all."""
    em_px = look.em_px * _WHOLE_WORDS
    while True:
        room = look.width(em_px)
        parts = [part for group in groups for part in _parts(group, room, look)]
        spans = balanced([_chunk(part) for part in parts], room)
        lines = _joined(parts, spans, em_px)
        fits = look.baselines(lines.extents)[1] <= look.height(em_px)
        fits = fits and all(line.advance <= room for line in lines.extents)
        if fits or em_px < _TINIEST_PX:
            return lines
        em_px *= _STEP


def _joined(groups: Sequence[Group], spans: list[tuple[int, int]], em_px: float) -> Lines:
    lines = (tuple(piece for group in groups[a:b] for piece in group) for a, b in spans)
    return Lines(tuple(lines), em_px)


def _chunk(group: Group, cost: float = 0.0) -> Chunk:
    return Chunk(line_extent(group).advance, group[0].gap, cost)


def _parts(group: Group, room: float, look: Look) -> list[Group]:
    """A group as it is where it fits, else its pieces, cut into as few parts as they need."""
    if line_extent(group).advance <= room:
        return [group]
    return [part for piece in group for part in _cut(piece, room, look)]


def _cut(piece: Piece, room: float, look: Look) -> list[Group]:
    if piece.extent.advance <= room:
        return [(piece,)]
    letters = _unparted(piece.text)
    chunks = [
        Chunk(extent(letter, look.weight).advance, 0.0, 0.0 if letter[-1] in _HYPHENS else 0.05)
        for letter in letters
    ]
    found: list[Group] = []
    for start, end in balanced(chunks, room):
        text = "".join(letters[start:end])
        gap = piece.gap if start == 0 else 0.0
        found.append((Piece(piece.number, text, gap, extent(text, look.weight)),))
    return found


def _unparted(text: str) -> list[str]:
    """The clusters of a word, those that may not be parted together, within reason."""
    found: list[str] = []
    for cluster in clusters(text):
        if found and len(found[-1]) < _LONGEST_UNPARTED and tears(found[-1], cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def _shares(smallest: float) -> Iterator[float]:
    share = 1.0
    while share >= smallest:
        yield share
        share *= _STEP
