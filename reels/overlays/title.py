"""A title card: the title large over a dimmed picture, for the first moments of a video."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from reels.fonts import drawable
from reels.planes import Patch, Planes, dim, lay, patch_from_rgba
from reels.safe_area import Box, content_box
from reels.timeline import TitleCard
from reels.visuals.typeset import draw_block
from reels.visuals.wrap import Block, largest, set_block

_IN_FRAMES, _OUT_FRAMES = 8, 10
#: How far the picture is dimmed under the title.
_DIM = 0.66
#: The title rises by this share of the frame's height as it comes in.
_RISE = 0.014

#: Sizes as shares of the frame's shorter side.
_LARGEST, _COMFORTABLE, _SMALLEST = 0.125, 0.07, 0.03
_SUBTITLE = 0.46
_GAP, _BAR_WIDTH, _BAR_HEIGHT = 0.045, 0.16, 0.012
_LEADING, _SUBTITLE_LEADING = 1.12, 1.3

_INK, _SOFT, _ACCENT = (255, 255, 255), (232, 232, 232), (255, 212, 31)


class TitlePainter:
    """Lays a title card over the frames of a video."""

    def __init__(
        self,
        card: TitleCard,
        size_px: tuple[int, int],
        fps: int,
        language: str,  # noqa: ARG002
    ) -> None:
        self._card = card
        self._rise_px = _RISE * size_px[1]
        # The fades were judged at 30 frames a second; a short card shortens them.
        room = card.frames // 3
        self._in = max(1, min(round(_IN_FRAMES * fps / 30), room))
        self._out = max(1, min(round(_OUT_FRAMES * fps / 30), room))
        self._patch = _card_patch(card, size_px)

    def lay(self, frame: int, onto: Planes) -> None:
        """Lay the card over `frame` of the video; nothing when its time is over."""
        left = self._card.frames - frame
        if left <= 0 or frame < 0:
            return
        come, stay = (frame + 1) / self._in, left / self._out
        opacity = _eased(min(1.0, come, stay))
        dim(onto, 1 - _DIM * opacity)
        # Patches lie at even places.
        lower = 2 * round(self._rise_px * (1 - _eased(min(1.0, come))) / 2)
        lay(self._patch._replace(y=self._patch.y + lower), onto, opacity)


def _eased(t: float) -> float:
    return t * t * (3 - 2 * t)


@lru_cache(maxsize=2)
def _card_patch(card: TitleCard, size_px: tuple[int, int]) -> Patch:
    """The card's letters, in the middle of the content's box."""
    box = content_box(size_px, captions=True)
    title, subtitle = _set(card, size_px, box)
    unit = min(size_px)
    gap, bar_h = round(_GAP * unit), max(4, round(_BAR_HEIGHT * unit))
    height = title.height_px + gap + bar_h
    if subtitle:
        height += gap + subtitle.height_px
    image = Image.new("RGBA", size_px, (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    x0, y0, x1, y1 = box
    y = (y0 + y1 - height) // 2
    draw_block(draw, title, x0, y, x1 - x0, _INK)
    y += title.height_px + gap
    bar_w = round(_BAR_WIDTH * unit)
    bar_x = x1 - bar_w if title.rtl else x0
    draw.rounded_rectangle((bar_x, y, bar_x + bar_w, y + bar_h), bar_h / 2, fill=_ACCENT)
    if subtitle:
        draw_block(draw, subtitle, x0, y + bar_h + gap, x1 - x0, _SOFT)
    return _cut(image)


def _set(card: TitleCard, size_px: tuple[int, int], box: Box) -> tuple[Block, Block | None]:
    """Title and subtitle at the largest size at which both fit into the box."""
    unit, width, height = min(size_px), box[2] - box[0], box[3] - box[1]
    title, subtitle = drawable(card.title).strip() or card.title, drawable(card.subtitle).strip()

    def blocks(size: int) -> tuple[Block, Block | None]:
        small = max(6, round(size * _SUBTITLE))
        below = set_block(subtitle, "semibold", small, width, _SUBTITLE_LEADING)
        return set_block(title, "display", size, width, _LEADING), below if subtitle else None

    def fits(size: int) -> tuple[bool, bool]:
        large, small = blocks(size)
        used = large.height_px + (small.height_px if small else 0)
        return used + 3 * _GAP * unit <= height, large.whole_words

    sizes = (round(share * unit) for share in (_LARGEST, _SMALLEST, _COMFORTABLE))
    return blocks(largest(fits, *sizes))


def _cut(image: Image.Image) -> Patch:
    """Only what has letters, so that laying it is cheap."""
    box = image.getbbox() or (0, 0, 2, 2)
    return patch_from_rgba(np.asarray(image.crop(box)), box[0], box[1])
