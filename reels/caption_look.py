"""How captions look, and how their text is set in lines that fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from reels.fonts import Weight, font_path, runs
from reels.safe_area import caption_box
from reels.typeface import Typeface, typeface

WEIGHT: Weight = "extrabold"
#: Sizes as shares of the frame's shorter side: 70 px of 1080 upright, 56 px lying.
_EM_UPRIGHT = 0.065
_EM_LYING = 0.052
_OUTLINE = 0.075
#: The tallest line among the shipped faces, as a share of the em.
_LINE = 1.5
#: The smallest size a long text is set in, as a share of the usual one.
_SMALLEST = 0.35
#: Above this share of the usual size, more than two lines would only look heavy.
_LARGE = 0.7
_LINES_WHEN_LARGE = 2


class Look(NamedTuple):
    """The caption's place, face and sizes in a frame. `box` is x0, y0, x1, y1 in pixels."""

    box: tuple[int, int, int, int]
    face: Typeface
    em_px: float

    @property
    def outline_px(self) -> float:
        return round(self.em_px * _OUTLINE, 1)

    @property
    def text_width_px(self) -> float:
        """The room for text, its outline left out."""
        return self.box[2] - self.box[0] - 4 * self.outline_px

    def fits(self, line: str, em_px: float) -> bool:
        return self.width_px(line, em_px) <= self.text_width_px

    def fitting(self, em_px: float) -> Callable[[str], bool]:
        """`fits` at one size."""
        return lambda line: self.fits(line, em_px)

    def width_px(self, line: str, em_px: float) -> float:
        """The width of a line in the faces that draw it."""
        words = line.split(" ")
        ems = sum(map(_width_em, words)) + _width_em("\u00a0") * (len(words) - 1)
        return ems * em_px

    def lines_at(self, em_px: float) -> int:
        """How many lines the box holds."""
        room = self.box[3] - self.box[1] - 4 * self.outline_px
        return max(1, int(room / (_LINE * em_px)))


class Lines(NamedTuple):
    """A text set: its lines and the em at which they fit."""

    lines: tuple[str, ...]
    em_px: float


@lru_cache(maxsize=4096)
def faces_of(text: str) -> tuple[tuple[str, Typeface], ...]:
    """A text cut by the face that draws each part; what no face has is left out."""
    return tuple((run.text, typeface(run.face.path)) for run in runs(text, WEIGHT))


@lru_cache(maxsize=8192)
def _width_em(word: str) -> float:
    return sum(face.width_px(text, 1.0) for text, face in faces_of(word))


@cache
def look_for(size_px: tuple[int, int]) -> Look:
    """The look of captions in frames of `size_px`."""
    width, height = size_px
    share = _EM_LYING if width > height else _EM_UPRIGHT
    return Look(caption_box(size_px), typeface(font_path(WEIGHT)), share * min(size_px))


def set_lines(text: str, look: Look) -> Lines:
    """Set `text` in balanced lines inside the box, smaller where it must be, never cut."""
    words = text.split()
    share = 1.0
    while share > _SMALLEST:
        em_px = look.em_px * share
        lines = balanced(words, look.fitting(em_px))
        most = look.lines_at(em_px)
        allowed = min(_LINES_WHEN_LARGE, most) if share > _LARGE else most
        if len(lines) <= allowed and all(look.fits(line, em_px) for line in lines):
            return Lines(tuple(lines), em_px)
        share *= 0.96
    return _set_smallest(words, look)


def _set_smallest(words: Sequence[str], look: Look) -> Lines:
    """Break even inside words, and shrink on until the box holds it all."""
    em_px = look.em_px * _SMALLEST
    while True:
        pieces = [piece for word in words for piece in _pieces(word, look, em_px)]
        lines = balanced(pieces, look.fitting(em_px))
        if len(lines) <= look.lines_at(em_px) or em_px < 4:
            return Lines(tuple(lines), em_px)
        em_px *= 0.9


def _pieces(word: str, look: Look, em_px: float) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and not look.fits(pieces[-1] + char, em_px):
            pieces.append("")
        pieces[-1] += char
    return pieces


def balanced(words: Sequence[str], fits: Callable[[str], bool]) -> list[str]:
    """Set words in as few lines as `fits` allows, and those as even as can be.

    A word that does not fit alone gets a line of its own.
    """
    count = len(_greedy(words, fits))
    if count <= 1:
        return [" ".join(words)] if words else []
    return _even(words, fits, count)


def _greedy(words: Sequence[str], fits: Callable[[str], bool]) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and fits(f"{lines[-1]} {word}"):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _even(words: Sequence[str], fits: Callable[[str], bool], count: int) -> list[str]:
    """The split into `count` lines with the least sum of squared lengths."""
    best: list[dict[int, tuple[float, list[str]]]] = [{0: (0.0, [])}]
    for _ in range(count):
        row: dict[int, tuple[float, list[str]]] = {}
        for start, (cost, lines) in best[-1].items():
            for end in range(start + 1, len(words) + 1):
                line = " ".join(words[start:end])
                if end - start > 1 and not fits(line):
                    break
                total = cost + len(line) ** 2
                if total < row.get(end, (math.inf, []))[0]:
                    row[end] = (total, [*lines, line])
        best.append(row)
    return best[-1][len(words)][1]
