"""Arranges a slide's words: one stack of blocks in the largest sizes that fit the box."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

from PIL import ImageDraw

from reels.fonts import Weight, drawable
from reels.safe_area import Box
from reels.scripts import is_rtl
from reels.typography.typeset import Colour, draw_block
from reels.typography.wrap import ASCENT, Block, largest, set_block
from reels.visuals.slide_spec import SlideSpec
from reels.visuals.theme import Metrics, Palette, Theme, mix

Role = Literal["rule", "mark", "figure", "title", "body", "bullet"]

_COMFORTABLE_PX = 60
_LYING_SHARE = 1.12
#: A statement of a few words may stand larger.
_SHORT_CHARS, _SHORT_SHARE = 28, 1.25
_BODY_SHARE, _BULLET_SHARE = 0.42, 0.58
_ANCHORS = {"title": 0.5, "figure": 0.42, "quote": 0.45, "list": 0.3, "closing": 0.5}
_STATEMENT_ANCHORS = (0.28, 0.5, 0.38)


@dataclass(frozen=True)
class Colours:
    """What the parts of a slide are drawn in."""

    ink: Colour
    muted: Colour
    accent: Colour
    faint: Colour

    @classmethod
    def of(cls, palette: Palette) -> Self:
        """Those of text on a palette's ground."""
        faint = mix(palette.ground[1], palette.muted, 0.28)
        return cls(palette.ink, palette.muted, palette.accent, faint)


@dataclass(frozen=True)
class Item:
    """One block of the stack; `gap_px` is the space above it, `height_px` its own."""

    role: Role
    gap_px: int
    height_px: int
    block: Block | None = None
    indent_px: int = 0


@dataclass(frozen=True)
class Arrangement:
    """A stack in its box. `title_px` is the size that was found; `y0` is its upper edge."""

    items: tuple[Item, ...]
    box: Box
    y0: int
    title_px: int

    @property
    def words_box(self) -> Box:
        """What the words cover."""
        return (self.box[0], self.y0, self.box[2], self.y0 + _height(self.items))


def arrange(
    spec: SlideSpec, theme: Theme, metrics: Metrics, box: Box, variant: int = 0
) -> Arrangement:
    """The largest arrangement of `spec` inside `box`."""
    spec = settable(spec)
    box = _measure(spec, metrics, box)
    width, height = box[2] - box[0], box[3] - box[1]

    def fits(size: int, *, even: bool = False) -> tuple[bool, bool]:
        items = _stack(spec, theme, metrics, width, size, even=even)
        blocks = [item.block for item in items if item.block]
        room = _height(items) <= height and all(b.width_px <= width for b in blocks)
        return room, all(block.whole_words for block in blocks)

    share = _LYING_SHARE if metrics.lying else 1.0
    size = largest(
        fits,
        metrics.px(_largest_px(spec, theme) * share),
        metrics.px(theme.smallest_px),
        metrics.px(_COMFORTABLE_PX),
    )
    while not fits(size, even=True)[0] and size > 1:
        size -= 1
    items = tuple(_stack(spec, theme, metrics, width, size))
    anchor = _ANCHORS.get(spec.layout, _STATEMENT_ANCHORS[variant % len(_STATEMENT_ANCHORS)])
    y0 = box[1] + max(0, round((height - _height(items)) * anchor))
    return Arrangement(items, box, y0, size)


def settable(spec: SlideSpec) -> SlideSpec:
    """The words that some face can draw. `shown` counts the bullets that are left."""
    bullets = tuple(b for b in (drawable(bullet).strip() for bullet in spec.bullets) if b)
    words = {name: drawable(getattr(spec, name)).strip() for name in ("title", "body", "figure")}
    return spec.model_copy(update={**words, "bullets": bullets})


def _measure(spec: SlideSpec, metrics: Metrics, box: Box) -> Box:
    """On a lying picture words take the left two thirds; the motif has the rest."""
    if not metrics.lying:
        return box
    count = len(spec.title) + len(spec.body) + sum(map(len, spec.bullets))
    share = 0.66 if count <= 110 else 0.74 if count <= 180 else 0.9
    return (box[0], box[1], box[0] + round((box[2] - box[0]) * share), box[3])


def _largest_px(spec: SlideSpec, theme: Theme) -> int:
    if spec.layout == "title":
        return theme.title_px
    if spec.layout in ("list", "figure") or spec.bullets:
        return theme.list_title_px
    short = len(spec.title) <= _SHORT_CHARS and not spec.body
    return round(theme.statement_px * _SHORT_SHARE) if short else theme.statement_px


def _stack(
    spec: SlideSpec, theme: Theme, metrics: Metrics, width: int, size: int, *, even: bool = True
) -> list[Item]:
    smallest = metrics.px(theme.smallest_px)
    small = min(size, smallest)
    body_px = max(min(round(size * _BODY_SHARE), metrics.px(theme.text_px)), small)
    bullet_px = max(min(round(size * _BULLET_SHARE), metrics.px(theme.text_px)), small)
    items = _ornaments(spec, theme, metrics, width, size)
    if spec.title:
        quoted = spec.layout == "quote"
        weight: Weight = theme.label if quoted else theme.headline
        leading = 1.18 if quoted else theme.headline_leading
        block = set_block(spec.title, weight, size, width, leading, even=even)
        items.append(Item("title", round(size * 0.28), block.height_px, block))
    if spec.body:
        block = set_block(spec.body, theme.text, body_px, width, theme.text_leading, even=even)
        items.append(Item("body", round(body_px * 0.7), block.height_px, block))
    indent = round(bullet_px * 0.95)
    for bullet in spec.bullets:
        block = set_block(
            bullet, theme.text, bullet_px, width - indent, theme.text_leading - 0.1, even=even
        )
        gap = round((size - smallest) * 0.5 + smallest * 0.2)
        items.append(Item("bullet", max(2, gap), block.height_px, block, indent))
    if items:
        items[0] = replace(items[0], gap_px=0)
    return items


def _ornaments(
    spec: SlideSpec, theme: Theme, metrics: Metrics, width: int, size: int
) -> list[Item]:
    """What stands above the words; it shrinks with them, so that it never pushes them out."""
    if size <= metrics.px(theme.smallest_px) * 1.3:
        return []
    if spec.layout == "title":
        return [Item("rule", 0, max(4, size // 11))]
    if spec.layout == "quote":
        block = set_block("“", theme.headline, round(size * 2.4), width, 1.0)
        return [Item("mark", 0, round(size * 1.15), block)]
    if spec.layout == "figure" and spec.figure:
        wanted = min(
            round(size * theme.figure_px / theme.list_title_px), metrics.px(theme.figure_px)
        )
        block = set_block(spec.figure, theme.headline, wanted, 10**6, 1.0)
        if block.width_px > width:
            block = set_block(
                spec.figure, theme.headline, wanted * width // (block.width_px + 1), 10**6, 1.0
            )
        return [Item("figure", 0, round(block.size_px * 1.02), block)]
    return []


def _height(items: tuple[Item, ...] | list[Item]) -> int:
    return sum(item.gap_px + item.height_px for item in items)


def draw_arrangement(
    draw: ImageDraw.ImageDraw, found: Arrangement, spec: SlideSpec, colours: Colours
) -> None:
    """Draw every item of the stack in its place, but for bullets that are not shown yet."""
    x0, _, x1, _ = found.box
    y = found.y0
    bullets = 0
    for item in found.items:
        y += item.gap_px
        bullets += item.role == "bullet"
        if item.role != "bullet" or spec.shown is None or bullets <= spec.shown:
            _draw_item(draw, item, (x0, y, x1, y + item.height_px), spec, colours)
        y += item.height_px


def _draw_item(
    draw: ImageDraw.ImageDraw, item: Item, box: Box, spec: SlideSpec, colours: Colours
) -> None:
    x0, y, x1, y1 = box
    if item.block is None:
        wide = item.height_px * 9
        left = x1 - wide if is_rtl(spec.title) else x0
        draw.rectangle((left, y, left + wide, y1 - 1), fill=colours.accent)
        return
    block, width = item.block, x1 - x0
    if item.role == "mark":
        draw_block(draw, block, x0, y - round(block.size_px * 0.22), width, colours.accent)
    elif item.role == "figure":
        draw_block(draw, block, x0, y - round(block.size_px * 0.18), width, colours.accent)
    elif item.role == "bullet":
        _draw_marker(draw, block, x0, y, x1, colours.accent)
        left = x0 if block.rtl else x0 + item.indent_px
        draw_block(draw, block, left, y, width - item.indent_px, colours.ink)
    else:
        colour = colours.muted if item.role == "body" else colours.ink
        phrase = spec.emphasis if item.role == "title" else ""
        draw_block(draw, block, x0, y, width, colour, phrase, colours.accent)


def _draw_marker(
    draw: ImageDraw.ImageDraw, block: Block, x0: int, y: int, x1: int, colour: Colour
) -> None:
    side = max(4, round(block.size_px * 0.26))
    top = y + round(block.size_px * ASCENT) - round(block.size_px * 0.36) - side // 2
    left = x1 - side if block.rtl else x0
    draw.rectangle((left, top, left + side - 1, top + side - 1), fill=colour)
