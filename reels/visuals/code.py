"""The visual kind `code`: a piece of code on a card, in the colours of its language."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from pydantic import JsonValue

from reels.safe_area import content_box
from reels.visuals.backdrop import backdrop_of, draw_backdrop
from reels.visuals.base import Canvas, Stage
from reels.visuals.code_blocks import block_stages
from reels.visuals.code_drawing import draw_code
from reels.visuals.code_layout import CodeLayout, lay_out
from reels.visuals.code_spec import CodeSpec
from reels.visuals.header import Header, draw_header, make_header
from reels.visuals.layout import Colours
from reels.visuals.picture import parse_spec, save_png
from reels.visuals.theme import Metrics, Theme, theme


class Code:
    """Draws a page of a `CodeSpec`. Long code is built up page by page, block by block."""

    kind = "code"
    version = "1"

    def check(self, spec: dict[str, JsonValue]) -> None:
        """See `reels.visuals.check_spec`."""
        parse_spec(CodeSpec, spec)

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`."""
        return save_png(draw_page(parse_spec(CodeSpec, spec), canvas), to)

    def stages(self, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:
        """See `reels.visuals.stages`. What starts at a later page shows that page alone."""
        parsed = parse_spec(CodeSpec, spec)
        if parsed.page or parsed.shown is not None:
            return (Stage(spec=spec),)
        return block_stages(spec, layout_of(parsed, canvas))


def layout_of(spec: CodeSpec, canvas: Canvas) -> CodeLayout:
    """How a piece of code lies on a canvas, and over how many pages."""
    _, layout = _arranged(spec, canvas, theme(canvas.style), Metrics(canvas.size_px))
    return layout


def draw_page(spec: CodeSpec, canvas: Canvas) -> Image.Image:
    """The page as an RGB picture of `canvas.size_px`."""
    look, metrics = theme(canvas.style), Metrics(canvas.size_px)
    palette = look.palette(spec.palette, spec.seed)
    header, layout = _arranged(spec, canvas, look, metrics)
    calm = (layout.card[0], layout.heading_xy[1], *layout.card[2:])
    backdrop = backdrop_of(palette, spec.seed, "code", canvas, calm)
    picture = draw_backdrop(backdrop, metrics, look.grain)
    colours = Colours.of(palette)
    draw = draw_code(picture, layout, spec, palette, look, metrics)
    box = content_box(canvas.size_px, canvas.captions)
    draw_header(draw, header, canvas, look, metrics, box, colours)
    return picture


def _arranged(
    spec: CodeSpec, canvas: Canvas, look: Theme, metrics: Metrics
) -> tuple[Header, CodeLayout]:
    box = content_box(canvas.size_px, canvas.captions)
    header = make_header(spec.eyebrow, canvas, look, metrics, box[2] - box[0])
    body = (box[0], box[1] + header.height_px, box[2], box[3])
    return header, lay_out(spec, look, metrics, body)
