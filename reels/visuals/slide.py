"""The visual kind `slide`: a designed page of a few words."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw
from pydantic import JsonValue

from reels.safe_area import Box, content_box
from reels.visuals.backdrop import backdrop_of, draw_backdrop
from reels.visuals.base import Canvas, Stage
from reels.visuals.header import draw_header, make_header
from reels.visuals.layout import Colours, arrange, draw_arrangement, settable
from reels.visuals.picture import parse_spec, save_png
from reels.visuals.slide_spec import SlideSpec
from reels.visuals.theme import Metrics, Palette, mix, number_from, theme


class Slide:
    """Draws a `SlideSpec`. A spec of no words gives a backdrop."""

    kind = "slide"
    version = "2"

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`."""
        parsed = parse_spec(SlideSpec, spec)
        return save_png(draw_slide(parsed, canvas), to)

    def stages(self, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:  # noqa: ARG002
        """See `reels.visuals.stages`: what stands above the bullets, then one bullet more each.

        Where nothing stands above them, the first bullet is there from the start.
        """
        parsed = parse_spec(SlideSpec, spec)
        words = settable(parsed)
        if not words.bullets or parsed.shown is not None:
            return (Stage(spec=spec),)
        headed = bool(words.title or words.body or words.figure)
        return tuple(
            Stage(
                spec=spec if shown == len(words.bullets) else {**spec, "shown": shown},
                text=words.bullets[shown - 1] if shown else "",
            )
            for shown in range(0 if headed else 1, len(words.bullets) + 1)
        )


def draw_slide(spec: SlideSpec, canvas: Canvas) -> Image.Image:
    """The slide as an RGB picture of `canvas.size_px`."""
    look, metrics = theme(canvas.style), Metrics(canvas.size_px)
    palette = look.palette(spec.palette, spec.seed)
    box = content_box(canvas.size_px, canvas.captions)
    colours = _colours(palette, on_panel=spec.layout == "closing")
    header = make_header(spec.eyebrow, canvas, look, metrics, box[2] - box[0])
    body = (box[0], box[1] + header.height_px, box[2], box[3])
    variant = number_from(spec.seed) + canvas.scene_number
    arrangement = arrange(spec, look, metrics, body, variant)
    panel = _panel(canvas) if spec.layout == "closing" else None
    words = arrangement.words_box
    backdrop = backdrop_of(palette, spec.seed, spec.layout, canvas, words, panel=panel)
    picture = draw_backdrop(backdrop, metrics, look.grain)
    draw = ImageDraw.Draw(picture)
    draw_header(draw, header, canvas, look, metrics, box, colours)
    draw_arrangement(draw, arrangement, spec, colours)
    return picture


def _panel(canvas: Canvas) -> Box:
    """The closing card's panel: all that lies above the captions."""
    width, height = canvas.size_px
    lower = content_box(canvas.size_px, captions=True)[3] + round(height * 0.01)
    return (0, 0, width, lower if canvas.captions else height)


def _colours(palette: Palette, on_panel: bool) -> Colours:
    if not on_panel:
        return Colours.of(palette)
    dark = palette.on_panel
    return Colours(dark, mix(palette.panel, dark, 0.82), dark, mix(palette.panel, dark, 0.22))
