"""Wraps text by measured width into even lines, and finds the largest size that fits.

A text is measured in the wanted weight with stand-ins for letters that it lacks, so a line may
be of several runs. Pillow with raqm shapes each run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageFont

from reels.fonts import Weight, runs
from reels.scripts import clusters, is_rtl
from reels.typography.breaks import Token, needs_room, tokens

#: Widths are measured once at this size and scaled; a line is measured again as it is set.
_REFERENCE_PX = 200
#: Of the house face, in sizes; lines are set by these.
ASCENT, _DESCENT = 0.97, 0.25
_ROOMY = 1.3
_TINIEST_PX = 6
_NEVER = float("inf")
#: Widths grow not quite in step with the size, so a line may need a narrower measure.
_SQUEEZES = (1.0, 0.97, 0.92, 0.8)


@dataclass(frozen=True)
class Block:
    """Lines of one size. Sizes are in pixels; `whole_words` when no word had to be cut."""

    lines: tuple[str, ...]
    weight: Weight
    size_px: int
    line_px: int
    width_px: int
    rtl: bool
    whole_words: bool

    @property
    def height_px(self) -> int:
        """From the ascender of the first line to the descender of the last."""
        if not self.lines:
            return 0
        return (len(self.lines) - 1) * self.line_px + round(self.size_px * (ASCENT + _DESCENT))


@lru_cache(maxsize=256)
def font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The face at `path` in one size, with raqm's layout."""
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=4096)
def line_width(text: str, weight: Weight, size_px: int) -> float:
    """The width of one line in pixels."""
    return sum(font(str(run.face.path), size_px).getlength(run.text) for run in runs(text, weight))


def _width(text: str, weight: Weight, size_px: int, *, exactly: bool) -> float:
    return line_width(text, weight, size_px) if exactly else _unit_width(text, weight) * size_px


def _unit_width(text: str, weight: Weight) -> float:
    return line_width(text, weight, _REFERENCE_PX) / _REFERENCE_PX


def set_block(
    text: str,
    weight: Weight,
    size_px: int,
    width_px: int,
    leading: float,
    *,
    even: bool = True,
) -> Block:
    """`text` in lines of at most `width_px`; words wider than that are cut.

    `even` makes the lines of like length and measures them exactly. Without it they are as full
    as can be and measured by scale: as many lines, in less time.
    """
    pieces = tokens(text)
    for squeeze in _SQUEEZES:
        measure = width_px / size_px * squeeze
        narrow, whole = _narrow(pieces, weight, measure)
        lines = _wrap(narrow, weight, measure)
        if even and len(lines) > 1:
            lines = _evened(narrow, weight, measure, len(lines))
        widest = max((_width(line, weight, size_px, exactly=even) for line in lines), default=0.0)
        if widest <= width_px:
            break
    roomy = _ROOMY if needs_room(text) else 1.0
    return Block(
        lines=tuple(lines),
        weight=weight,
        size_px=size_px,
        line_px=round(size_px * leading * roomy),
        width_px=round(widest + 0.5),
        rtl=is_rtl(text),
        whole_words=whole,
    )


def largest(
    make: Callable[[int], tuple[bool, bool]], largest_px: int, smallest_px: int, comfortable_px: int
) -> int:
    """The largest size for which `make(size)` says that all fits.

    `make` answers (fits, whole words). A size that keeps words whole is preferred as long as
    it is at least `comfortable_px`. Under `smallest_px` the search goes on only because text
    may never be cut; texts within the limits of the slides do not get there.
    """
    first_fit = 0
    size = largest_px
    while size > _TINIEST_PX:
        fits, whole = make(size)
        if fits and whole:
            return size
        first_fit = first_fit or (size if fits else 0)
        if first_fit and size < comfortable_px:
            return first_fit
        step = max(1, size // 24)
        size = max(size - step, smallest_px) if size > smallest_px else size - 1
    return first_fit or _TINIEST_PX


def _narrow(pieces: list[Token], weight: Weight, width: float) -> tuple[list[Token], bool]:
    """Pieces none of which is wider than `width` (in sizes), and whether none was cut."""
    found: list[Token] = []
    whole = True
    for token in pieces:
        if _unit_width(token.text, weight) <= width:
            found.append(token)
            continue
        words = token.text.split()
        for index, word in enumerate(words):
            spaced = token.spaced if index == 0 else True
            if _unit_width(word, weight) <= width:
                found.append(Token(word, spaced))
                continue
            whole = False
            parts = _cut(word, weight, width)
            found += [Token(part, spaced and n == 0) for n, part in enumerate(parts)]
    return found, whole


def _cut(word: str, weight: Weight, width: float) -> list[str]:
    """As few parts as `width` allows, of like width."""
    parts = _filled(word, weight, width)
    target = _unit_width(word, weight) / len(parts)
    while target < width:
        even = _filled(word, weight, target)
        if len(even) <= len(parts):
            return even
        target *= 1.04
    return parts


def _filled(word: str, weight: Weight, width: float) -> list[str]:
    parts: list[str] = []
    for letter in clusters(word):
        if parts and _unit_width(parts[-1] + letter, weight) <= width:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _wrap(pieces: list[Token], weight: Weight, width: float) -> list[str]:
    space = _unit_width(" ", weight)
    lines: list[str] = []
    used = 0.0
    for token in pieces:
        gap = space if token.spaced else 0.0
        size = _unit_width(token.text, weight)
        if lines and used + gap + size <= width:
            lines[-1] += (" " if token.spaced else "") + token.text
            used += gap + size
        else:
            lines.append(token.text)
            used = size
    return lines


def _evened(pieces: list[Token], weight: Weight, width: float, count: int) -> list[str]:
    """The split into `count` lines with the least sum of squared slack."""
    space = _unit_width(" ", weight)
    sizes = [_unit_width(token.text, weight) for token in pieces]
    total = len(pieces)
    best: list[tuple[float, tuple[int, ...]]] = [(_NEVER, ())] * (total + 1)
    best[0] = (0.0, ())
    for _ in range(count):
        following: list[tuple[float, tuple[int, ...]]] = [(_NEVER, ())] * (total + 1)
        for start in range(total):
            cost, cuts = best[start]
            if cost == _NEVER:
                continue
            used = -space
            for end in range(start, total):
                used += sizes[end] + (space if pieces[end].spaced or end == start else 0.0)
                if used > width and end > start:
                    break
                slack = (width - used) / width
                if cost + slack * slack < following[end + 1][0]:
                    following[end + 1] = (cost + slack * slack, (*cuts, end + 1))
        best = following
    cost, cuts = best[total]
    if cost == _NEVER:
        return _wrap(pieces, weight, width)
    starts = (0, *cuts[:-1])
    return [_joined(pieces[a:b]) for a, b in zip(starts, cuts, strict=True)]


def _joined(pieces: list[Token]) -> str:
    rest = "".join((" " if token.spaced else "") + token.text for token in pieces[1:])
    return pieces[0].text + rest
