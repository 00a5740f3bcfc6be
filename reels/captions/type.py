"""Text measured in the shipped faces, in ems, and the fonts that draw it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

from reels.fonts import Weight, font_path, runs

#: Text is measured once at this size, which is large enough that hinting rounds nothing.
_MEASURE_PX = 200


class Extent(NamedTuple):
    """How far text reaches, in ems: its advance, its ink above and below the baseline, and
    its ink beyond the advance on either side."""

    advance: float
    above: float
    below: float
    left: float
    right: float


@lru_cache(maxsize=64)
def font(path: Path, size_px: float) -> ImageFont.FreeTypeFont:
    """The face at `path` at an em of `size_px`, laid out by HarfBuzz."""
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=4096)
def extent(text: str, weight: Weight) -> Extent:
    """The extent of a word or less; letters that no shipped font has take no room."""
    advance = above = below = left = right = 0.0
    for run in runs(text, weight):
        of = run_extent(run.text, run.face.path)
        left = max(left, of.left - advance)
        right = max(right - of.advance, of.right)
        above, below = max(above, of.above), max(below, of.below)
        advance += of.advance
    return Extent(advance, above, below, left, max(right, 0.0))


@lru_cache(maxsize=4096)
def run_extent(text: str, path: Path) -> Extent:
    """The extent of letters of one face."""
    face = font(path, _MEASURE_PX)
    x0, y0, x1, y1 = face.getbbox(text, anchor="ls")
    advance = face.getlength(text)
    ems = (advance, -y0, y1, -x0, x1 - advance)
    return Extent(*(max(value / _MEASURE_PX, 0.0) for value in ems))


@lru_cache(maxsize=16)
def space(weight: Weight) -> float:
    """The width of a space in ems."""
    return float(font(font_path(weight), _MEASURE_PX).getlength(" ")) / _MEASURE_PX
