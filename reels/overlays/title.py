"""A title card: the title large over a veiled picture, for the first moments of a video."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from reels.fonts import drawable
from reels.overlays.veil import Veil
from reels.planes import Patch, Planes, lay, patch_from_rgba
from reels.safe_area import Box, content_box
from reels.scripts import is_rtl
from reels.timeline import TitleCard
from reels.typography.typeset import draw_block
from reels.typography.wrap import Block, largest, set_block

_IN_FRAMES, _OUT_FRAMES = 8, 10
#: The title rises by this share of the frame's height as it comes in.
_RISE = 0.014

#: Sizes as shares of the frame's shorter side.
_LARGEST, _COMFORTABLE, _SMALLEST = 0.125, 0.07, 0.03
_SUBTITLE = 0.46
_GAP, _BAR_WIDTH, _BAR_HEIGHT = 0.045, 0.16, 0.012
_LEADING, _SUBTITLE_LEADING = 1.12, 1.3

_INK, _SOFT, _ACCENT = (255, 255, 255), (232, 232, 232), (255, 212, 31)

#: Languages written from right to left: for titles of numbers and signs alone.
_RTL = {"ar", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"}


class TitlePainter:
    """Lays a title card over the frames of a video, above the band of the captions."""

    def __init__(self, card: TitleCard, size_px: tuple[int, int], fps: int, language: str) -> None:
        self._frames = card.frames
        self._rise_px = _RISE * size_px[1]
        # The fades were judged at 30 frames a second; a short card shortens them.
        room = card.frames // 3
        self._in = max(1, min(round(_IN_FRAMES * fps / 30), room))
        self._out = max(1, min(round(_OUT_FRAMES * fps / 30), room))
        self._words, self._veil = _drawn(card.title, card.subtitle, size_px, language)

    def lay(self, frame: int, onto: Planes) -> None:
        """Lay the card over `frame` of the video; nothing when its time is over."""
        left = self._frames - frame
        if left <= 0 or frame < 0 or self._words is None:
            return
        come, stay = min(1.0, (frame + 1) / self._in), min(1.0, left / self._out)
        presence = _eased(min(come, stay))
        self._veil.lay(onto, presence)
        # Patches lie at even places.
        lower = 2 * round(self._rise_px * (1 - _eased(come)) / 2)
        lay(self._words._replace(y=self._words.y + lower), onto, presence)


def _eased(t: float) -> float:
    return t * t * (3 - 2 * t)


@dataclass(frozen=True)
class _Page:
    """A card's words, set: the title, a bar, the subtitle if there is one."""

    title: Block
    subtitle: Block | None
    rtl: bool
    bar_px: tuple[int, int]
    gap_px: int

    @property
    def height_px(self) -> int:
        below = self.gap_px + self.subtitle.height_px if self.subtitle else 0
        return self.title.height_px + self.gap_px + self.bar_px[1] + below


@lru_cache(maxsize=2)
def _drawn(
    title: str, subtitle: str, size_px: tuple[int, int], language: str
) -> tuple[Patch | None, Veil]:
    """The words in the middle of the content's box, and the veil behind them.

    There are no words when no shipped font has a letter of them.
    """
    box = content_box(size_px, captions=True)
    page = _page(drawable(title).strip(), drawable(subtitle).strip(), size_px, box, language)
    top = max(0, (box[1] + box[3] - page.height_px) // 2)
    image = Image.new("RGBA", size_px, (255, 255, 255, 0))
    if page.title.lines or page.subtitle:
        _draw(ImageDraw.Draw(image), page, box, top)
    return _cut(image), Veil(size_px, top + page.height_px)


def _page(title: str, subtitle: str, size_px: tuple[int, int], box: Box, language: str) -> _Page:
    """The words at the largest size at which all fit into the box."""
    unit, width, height = min(size_px), box[2] - box[0], box[3] - box[1]
    bar_px = round(_BAR_WIDTH * unit), max(2, round(_BAR_HEIGHT * unit))
    rtl = _runs_left(title or subtitle, language)

    def page(size: int) -> _Page:
        small = max(6, round(size * _SUBTITLE))
        return _Page(
            title=set_block(title, "display", size, width, _LEADING),
            subtitle=set_block(subtitle, "semibold", small, width, _SUBTITLE_LEADING)
            if subtitle
            else None,
            rtl=rtl,
            bar_px=bar_px,
            gap_px=round(_GAP * unit),
        )

    def fits(size: int) -> tuple[bool, bool]:
        found = page(size)
        return found.height_px <= height, found.title.whole_words

    sizes = (round(share * unit) for share in (_LARGEST, _SMALLEST, _COMFORTABLE))
    return page(largest(fits, *sizes))


def _draw(draw: ImageDraw.ImageDraw, page: _Page, box: Box, y: int) -> None:
    _draw_words(draw, page.title, page.rtl, box, y, _INK)
    y += page.title.height_px + page.gap_px
    width, height = page.bar_px
    x = box[2] - width if page.rtl else box[0]
    draw.rounded_rectangle((x, y, x + width - 1, y + height - 1), height / 2, fill=_ACCENT)
    if page.subtitle:
        _draw_words(draw, page.subtitle, page.rtl, box, y + height + page.gap_px, _SOFT)


def _draw_words(
    draw: ImageDraw.ImageDraw,
    block: Block,
    rtl: bool,
    box: Box,
    y: int,
    colour: tuple[int, int, int],
) -> None:
    """On the page's side, whichever way the words themselves run."""
    x = box[2] - block.width_px if rtl else box[0]
    draw_block(draw, block, x, y, block.width_px, colour)


def _runs_left(text: str, language: str) -> bool:
    if any(unicodedata.bidirectional(char) in ("L", "R", "AL") for char in text):
        return is_rtl(text)
    return language.split("-")[0] in _RTL


def _cut(image: Image.Image) -> Patch | None:
    """Only what has letters, so that laying it is cheap."""
    box = image.getbbox()
    return patch_from_rgba(np.asarray(image.crop(box)), box[0], box[1]) if box else None
