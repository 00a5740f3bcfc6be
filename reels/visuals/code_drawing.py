"""Draws a page of code: the card, highlighted lines, line numbers, coloured runs of letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from PIL import Image, ImageDraw

from reels.fonts import runs
from reels.safe_area import Box
from reels.typography.typeset import Colour, draw_block
from reels.typography.wrap import font, line_width
from reels.visuals.code_layout import CodeLayout
from reels.visuals.code_rows import MARK, MARK_COLUMNS, Row
from reels.visuals.code_spec import CodeSpec
from reels.visuals.lexing import Role, roles
from reels.visuals.syntax import Syntax, syntax
from reels.visuals.theme import Metrics, Palette, Theme

_CORNER_PX, _EDGE_PX, _BAR_PX = 22, 2, 7
#: Corners are drawn so many times larger and scaled down, to be smooth.
_FINER = 4
#: The baseline's place in a row, in sizes of the letters, so that capitals are in its middle.
_BASELINE = 1.04
#: Code shows each sign as it was typed.
_NO_LIGATURES = ["-calt", "-liga", "-clig"]


def draw_code(
    picture: Image.Image,
    layout: CodeLayout,
    spec: CodeSpec,
    palette: Palette,
    look: Theme,
    metrics: Metrics,
) -> ImageDraw.ImageDraw:
    """Draw heading, card and rows onto `picture`; returns what it was drawn with."""
    colours = syntax(palette)
    _draw_card(picture, layout.card, colours, metrics)
    draw = ImageDraw.Draw(picture)
    _draw_heading(draw, layout, spec, palette, look, metrics)
    page = layout.page(spec.page)
    rows = _visible(page, spec.shown)
    kinds = _roles_of(layout.lines, spec.language)
    marked = spec.marked() & {row.line for row in page}
    for number, row in enumerate(rows):
        top = layout.first_y + number * layout.row_px
        bright = not marked or row.line in marked
        if marked and bright:
            _draw_mark(draw, layout, top, colours, metrics)
        _draw_row(draw, layout, row, kinds[row.line], top, colours, bright=bright)
        if layout.numbers_x is not None and not row.continued:
            label = str(spec.first_line + row.line)
            _draw_number(
                draw, layout, label, top, colours.bar if marked and bright else None, colours
            )
    return draw


def _visible(page: Sequence[Row], shown: int | None) -> Sequence[Row]:
    lines = sorted({row.line for row in page})[:shown]
    return [row for row in page if row.line in lines]


def _roles_of(lines: Sequence[str], language: str) -> list[tuple[Role, ...]]:
    found = roles("\n".join(lines), language)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return [found[start : start + len(line)] for start, line in zip(starts, lines, strict=False)]


def _draw_card(picture: Image.Image, card: Box, colours: Syntax, metrics: Metrics) -> None:
    width, height = card[2] - card[0], card[3] - card[1]
    radius, edge = metrics.px(_CORNER_PX), metrics.px(_EDGE_PX)
    for inset, colour in ((0, colours.edge), (edge, colours.card)):
        size = (width - 2 * inset, height - 2 * inset)
        mask = _rounded(size, radius - inset)
        picture.paste(colour, (card[0] + inset, card[1] + inset), mask)


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask of a rectangle with smooth round corners."""
    mask = Image.new("L", size, 255)
    side = radius * _FINER
    quarter = Image.new("L", (side * 2, side * 2), 0)
    ImageDraw.Draw(quarter).ellipse((0, 0, side * 2 - 1, side * 2 - 1), fill=255)
    disc = quarter.resize((radius * 2, radius * 2), Image.Resampling.BOX)
    for x, left in ((0, 0), (radius, size[0] - radius)):
        for y, top in ((0, 0), (radius, size[1] - radius)):
            mask.paste(disc.crop((x, y, x + radius, y + radius)), (left, top))
    return mask


def _draw_heading(
    draw: ImageDraw.ImageDraw,
    layout: CodeLayout,
    spec: CodeSpec,
    palette: Palette,
    look: Theme,
    metrics: Metrics,
) -> None:
    x, y = layout.heading_xy
    width = layout.card[2] - x - (x - layout.card[0])
    colour = palette.ink if layout.heading.weight == look.headline else palette.muted
    draw_block(draw, layout.heading, x, y, width, colour)
    if len(layout.pages) < 2:
        return
    label = f"{min(spec.page, len(layout.pages) - 1) + 1}/{len(layout.pages)}"
    size = metrics.px(look.smallest_px + 4)
    wide = round(line_width(label, look.figures, size))
    # On the last line of the heading, at the other end.
    baseline = layout.card[1] - metrics.px(26) - round(size * 0.22)
    left = x if layout.heading.rtl else x + width - wide
    draw.text(
        (left, baseline),
        label,
        fill=palette.accent,
        font=font(str(runs(label, look.figures)[0].face.path), size),
        anchor="ls",
    )


def _draw_mark(
    draw: ImageDraw.ImageDraw, layout: CodeLayout, top: int, colours: Syntax, metrics: Metrics
) -> None:
    edge = metrics.px(_EDGE_PX)
    x0, x1 = layout.card[0] + edge, layout.card[2] - edge
    draw.rectangle((x0, top, x1 - 1, top + layout.row_px - 1), fill=colours.tint)
    draw.rectangle(
        (x0, top, x0 + metrics.px(_BAR_PX) - 1, top + layout.row_px - 1), fill=colours.bar
    )


def _draw_row(
    draw: ImageDraw.ImageDraw,
    layout: CodeLayout,
    row: Row,
    kinds: Sequence[Role],
    top: int,
    colours: Syntax,
    *,
    bright: bool,
) -> None:
    palette = colours.roles if bright else colours.dim
    baseline = top + round(_BASELINE * layout.size_px)
    x = layout.text_x + row.indent * layout.column_px
    if row.continued:
        mark_x = x - MARK_COLUMNS * layout.column_px
        _draw_text(draw, MARK, layout.size_px, mark_x, baseline, palette["comment"])
    for role, text in _spans(layout.lines[row.line], kinds, row):
        x = _draw_text(draw, text, layout.size_px, x, baseline, palette[role])


def _spans(line: str, kinds: Sequence[Role], row: Row) -> Iterator[tuple[Role, str]]:
    for role, places in groupby(range(row.start, row.end), key=lambda at: kinds[at]):
        yield role, "".join(line[at] for at in places)


def _draw_text(
    draw: ImageDraw.ImageDraw, text: str, size_px: int, x: float, baseline: int, fill: Colour
) -> float:
    for run in runs(text, "mono"):
        face = font(str(run.face.path), size_px)
        draw.text(
            (x, baseline), run.text, fill=fill, font=face, anchor="ls", features=_NO_LIGATURES
        )
        x += face.getlength(run.text, features=_NO_LIGATURES)
    return x


def _draw_number(
    draw: ImageDraw.ImageDraw,
    layout: CodeLayout,
    label: str,
    top: int,
    colour: Colour | None,
    colours: Syntax,
) -> None:
    assert layout.numbers_x is not None
    wide = len(label) * layout.column_px
    baseline = top + round(_BASELINE * layout.size_px)
    _draw_text(
        draw, label, layout.size_px, layout.numbers_x - wide, baseline, colour or colours.number
    )
