"""The running head of a slide: what the video is about, which scene this is, how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ImageDraw

from reels.fonts import drawable
from reels.safe_area import Box
from reels.typography.typeset import draw_block, draw_label, label_width
from reels.typography.wrap import ASCENT, Block, line_width, set_block
from reels.visuals.base import Canvas
from reels.visuals.layout import Colours
from reels.visuals.theme import Metrics, Theme

_MOST_SEGMENTS = 16
_LABEL_ROOM = 0.78
_TRACKING = 0.08


@dataclass(frozen=True)
class Header:
    """A running head that is ready to be drawn. `tracked` is its one line in capitals, if so."""

    block: Block
    tracked: str
    height_px: int


def make_header(
    eyebrow: str, canvas: Canvas, theme: Theme, metrics: Metrics, width_px: int
) -> Header:
    """Capitals where they fit in one line, else up to two lines as written."""
    text = drawable(eyebrow).strip()
    size, room = metrics.px(theme.label_px), round(width_px * _LABEL_ROOM)
    capitals = text.upper()
    if label_width(capitals, theme.label, size, size * _TRACKING) <= room:
        block, tracked = set_block(text, theme.label, size, room, 1.2), capitals
    else:
        smallest = metrics.px(theme.smallest_px)
        block, tracked = set_block(text, theme.label, smallest, room, 1.2), ""
    extra = max(0, len(block.lines) - 1) * block.line_px
    shown = bool(text) or canvas.scene_count > 1
    return Header(block, tracked, extra + metrics.px(theme.label_px + 66) if shown else 0)


def draw_header(
    draw: ImageDraw.ImageDraw,
    header: Header,
    canvas: Canvas,
    theme: Theme,
    metrics: Metrics,
    box: Box,
    colours: Colours,
) -> None:
    """The eyebrow at the start of the line, the scene's number at its end, progress below."""
    x0, y0, x1, _ = box
    baseline = y0 + metrics.px(theme.label_px * 0.85)
    _draw_eyebrow(draw, header, box, baseline, colours, theme)
    if canvas.scene_count < 2:
        return
    label = f"{canvas.scene_number}/{canvas.scene_count}"
    size = metrics.px(theme.smallest_px)
    left = x0 if header.block.rtl else x1 - round(line_width(label, theme.figures, size))
    draw_label(draw, label, theme.figures, size, left, baseline, colours.muted)
    line_y = y0 + header.height_px - metrics.px(44)
    _draw_progress(draw, canvas, metrics, (x0, line_y, x1, 0), colours, header.block.rtl)


def _draw_eyebrow(
    draw: ImageDraw.ImageDraw,
    header: Header,
    box: Box,
    baseline: int,
    colours: Colours,
    theme: Theme,
) -> None:
    block, (x0, _, x1, _) = header.block, box
    if not header.tracked:
        draw_block(
            draw, block, x0, baseline - round(ASCENT * block.size_px), x1 - x0, colours.accent
        )
        return
    spread = block.size_px * _TRACKING
    wide = round(label_width(header.tracked, theme.label, block.size_px, spread))
    left = x1 - wide if block.rtl else x0
    draw_label(
        draw,
        header.tracked,
        theme.label,
        block.size_px,
        left,
        baseline,
        colours.accent,
        tracking_px=spread,
    )


def _draw_progress(
    draw: ImageDraw.ImageDraw,
    canvas: Canvas,
    metrics: Metrics,
    box: Box,
    colours: Colours,
    rtl: bool,
) -> None:
    """One stroke for each scene, or one for all when there are too many to tell apart."""
    x0, y, x1, _ = box
    thick, gap = metrics.px(5), metrics.px(8)
    count, number = canvas.scene_count, min(canvas.scene_number, canvas.scene_count)
    parts = count if count <= _MOST_SEGMENTS else 1
    wide = (x1 - x0 - gap * (parts - 1)) / parts
    for index in range(parts):
        left = x0 + (parts - 1 - index if rtl else index) * (wide + gap)
        share = float(index < number) if parts > 1 else number / count
        start = left + wide * (1 - share) if rtl else left
        draw.rectangle((round(left), y, round(left + wide) - 1, y + thick - 1), fill=colours.faint)
        if share:
            done = (round(start), y, round(start + wide * share) - 1, y + thick - 1)
            draw.rectangle(done, fill=colours.accent)
