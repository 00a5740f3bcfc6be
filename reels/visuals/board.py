"""A page that shows one drawing: running head, title, the drawing on a calm card, a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw
from pydantic import JsonValue

from reels.errors import InvalidInput
from reels.fonts import Weight, drawable
from reels.safe_area import Box, content_box, safe_area
from reels.typography.typeset import Colour, draw_block
from reels.typography.wrap import Block, largest, set_block
from reels.visuals.backdrop import backdrop_of, draw_backdrop
from reels.visuals.base import Canvas, Stage
from reels.visuals.header import Header, draw_header, make_header
from reels.visuals.layout import Colours
from reels.visuals.theme import Metrics, Palette, Theme, mix, theme

_TITLE_SHARE = 0.26
_CAPTION_PX, _CAPTION_SHARE = 38, 0.2
_GAP_PX, _RADIUS_PX = 26, 22
#: The card reaches beyond the content box, as that of code does.
_OUTSET_PX, _OUTSET_SHARE = 36, 0.42
#: A small drawing lies on a card that is no mere strip.
_LEAST_CARD_SHARE = 0.3
#: How far down a page stands that does not fill its box.
_ANCHOR = 0.42
_SMOOTH = 4
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


@dataclass(frozen=True)
class Words:
    """What a page says beside its drawing; `seed` and `palette` as in a slide."""

    title: str = ""
    caption: str = ""
    eyebrow: str = ""
    palette: str = ""
    seed: str = ""


@dataclass(frozen=True)
class Board:
    """A page that waits for its drawing, which may be `room_px` wide and high."""

    words: Words
    canvas: Canvas
    look: Theme
    metrics: Metrics
    palette: Palette
    header: Header
    box: Box
    title: Block | None
    caption: Block | None
    room_px: tuple[int, int]
    pad_px: int

    @property
    def card(self) -> Colour:
        """What the drawing lies on."""
        return card_colour(self.palette)


def card_colour(palette: Palette) -> Colour:
    """Darker than a dark ground, nearer to white than a light one: as that of code is."""
    dark = sum(palette.ink) > sum(palette.ground[0])
    return mix(palette.ground[0], _BLACK if dark else _WHITE, 0.38 if dark else 0.62)


def make_board(words: Words, canvas: Canvas, title_px: int = 84, pad_px: int = 40) -> Board:
    """Set the words and find the room that they leave.

    `title_px` is the title's largest size, `pad_px` the card's edge around the drawing, on a
    picture whose shorter side is 1080 px.

    Raises:
        InvalidInput: the picture is too small for both.
    """
    look, metrics = theme(canvas.style), Metrics(canvas.size_px)
    box = content_box(canvas.size_px, canvas.captions)
    width = box[2] - box[0]
    header = make_header(words.eyebrow, canvas, look, metrics, width)
    box = (*box[:3], box[3] + (0 if words.caption else _below(metrics)))
    body = box[3] - box[1] - header.height_px
    title = _block(words.title, look.headline, metrics, title_px, width, round(body * _TITLE_SHARE))
    caption = _block(
        words.caption, look.text, metrics, _CAPTION_PX, width, round(body * _CAPTION_SHARE)
    )
    gap, pad = metrics.px(_GAP_PX), metrics.px(pad_px)
    taken = sum(block.height_px + gap for block in (title, caption) if block)
    room = (width + 2 * _outset(metrics) - 2 * pad, body - taken - 2 * pad)
    if min(room) < 16:
        raise InvalidInput("visual.spec.title", "The title leaves no room for the drawing.")
    return Board(
        words=words,
        canvas=canvas,
        look=look,
        metrics=metrics,
        palette=look.palette(words.palette, words.seed),
        header=header,
        box=box,
        title=title,
        caption=caption,
        room_px=room,
        pad_px=pad,
    )


def stages_of(spec: dict[str, JsonValue], texts: Sequence[str]) -> tuple[Stage, ...]:
    """One stage for each part, by what names it, with the parts before it; `spec` has `shown`."""
    if len(texts) == 1:
        return (Stage(spec=spec, text=texts[0]),)
    return tuple(
        Stage(spec={**spec, "shown": count}, text=text) for count, text in enumerate(texts, 1)
    )


def _below(metrics: Metrics) -> int:
    """A card without words below it may come nearer to the captions, as that of code does."""
    gap = safe_area(metrics.size_px).gap
    return min(metrics.px(30), round(metrics.size_px[1] * gap * 0.5))


def _outset(metrics: Metrics) -> int:
    return min(metrics.px(_OUTSET_PX), round(metrics.side_px * _OUTSET_SHARE))


def _block(
    text: str, weight: Weight, metrics: Metrics, most: int, width: int, height: int
) -> Block | None:
    text = drawable(text).strip()
    if not text:
        return None

    def fits(size: int) -> tuple[bool, bool]:
        block = set_block(text, weight, size, width, 1.16)
        return block.height_px <= height and block.width_px <= width, block.whole_words

    size = largest(fits, metrics.px(most), metrics.px(28), metrics.px(36))
    return set_block(text, weight, max(size, metrics.px(28)), width, 1.16)


def draw_board(board: Board, drawing: Image.Image) -> Image.Image:
    """The whole page, with `drawing` (RGBA, at most `room_px`) in the middle of its card."""
    metrics, box = board.metrics, board.box
    gap, pad = metrics.px(_GAP_PX), board.pad_px
    least = min(board.room_px[1], round(board.room_px[0] * _LEAST_CARD_SHARE))
    card_height = max(drawing.height, least) + 2 * pad
    stack = card_height + sum(b.height_px + gap for b in (board.title, board.caption) if b)
    top = box[1] + board.header.height_px
    y = top + max(0, round((box[3] - top - stack) * _ANCHOR))
    calm = (box[0], y, box[2], y + stack)
    backdrop = backdrop_of(board.palette, board.words.seed, "board", board.canvas, calm, quiet=True)
    picture = draw_backdrop(backdrop, metrics, board.look.grain)
    draw = ImageDraw.Draw(picture)
    colours = Colours.of(board.palette)
    draw_header(draw, board.header, board.canvas, board.look, metrics, box, colours)
    width = box[2] - box[0]
    if board.title:
        draw_block(draw, board.title, box[0], y, width, colours.ink)
        y += board.title.height_px + gap
    card = (box[0] - _outset(metrics), y, box[2] + _outset(metrics), y + card_height)
    _draw_card(picture, board, card)
    left = box[0] + (width - drawing.width) // 2
    picture.paste(drawing, (left, y + (card_height - drawing.height) // 2), drawing)
    if board.caption:
        y += card_height + gap
        draw_block(draw, board.caption, box[0], y, width, colours.muted)
    return picture


def _draw_card(picture: Image.Image, board: Board, card: Box) -> None:
    """A panel with round corners and a thin edge, drawn large and made small for its curves."""
    width, height = card[2] - card[0], card[3] - card[1]
    radius = board.metrics.px(_RADIUS_PX)
    mask = Image.new("L", (radius * 2 * _SMOOTH, radius * 2 * _SMOOTH), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, mask.width - 1, mask.height - 1), fill=255)
    round_ = mask.resize((radius * 2, radius * 2), Image.Resampling.BOX)
    shape = Image.new("L", (width, height), 255)
    for x, part_x in ((0, 0), (width - radius, radius)):
        for y, part_y in ((0, 0), (height - radius, radius)):
            part = (part_x, part_y, part_x + radius, part_y + radius)
            shape.paste(round_.crop(part), (x, y))
    edge = mix(board.card, board.palette.ink, 0.12)
    thin = max(1, board.metrics.px(2))
    picture.paste(edge, card[:2], shape)
    inner = shape.resize((width - 2 * thin, height - 2 * thin), Image.Resampling.BILINEAR)
    picture.paste(board.card, (card[0] + thin, card[1] + thin), inner)
