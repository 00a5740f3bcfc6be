"""The visual kind `placeholder`: says plainly that a picture is missing, in the house's design."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw
from pydantic import Field, JsonValue

from reels.models import Model, Text
from reels.safe_area import Box, content_box
from reels.visuals.backdrop import Backdrop, draw_backdrop
from reels.visuals.base import Canvas
from reels.visuals.header import draw_header, make_header
from reels.visuals.layout import Colours, arrange, draw_arrangement
from reels.visuals.picture import parse_spec, save_png
from reels.visuals.slide_spec import SlideSpec
from reels.visuals.theme import Metrics, mix, theme

#: Said in the video's language where we know how; otherwise in English.
MISSING = {
    "de": "Bild fehlt",
    "en": "Picture missing",
    "es": "Falta la imagen",
    "fr": "Image manquante",
    "it": "Immagine mancante",
    "pl": "Brak obrazu",
    "pt": "Imagem em falta",
    "ru": "Нет изображения",
    "uk": "Немає зображення",
}


class PlaceholderSpec(Model):
    """`title` is what the scene says, `reason` why there is no picture, `seed` as in a slide."""

    title: Text = Field(default="", max_length=120)
    reason: Text = Field(default="", max_length=140)
    seed: str = Field(default="", max_length=120)


class Placeholder:
    """Draws a `PlaceholderSpec` in a frame like a viewfinder's, without the accents of a slide."""

    kind = "placeholder"
    version = "2"

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`."""
        return save_png(_picture(parse_spec(PlaceholderSpec, spec), canvas), to)


def _picture(spec: PlaceholderSpec, canvas: Canvas) -> Image.Image:
    look, metrics = theme(canvas.style), Metrics(canvas.size_px)
    palette = look.palette("", spec.seed)
    box = content_box(canvas.size_px, canvas.captions)
    backdrop = Backdrop(palette, f"{spec.seed}/{canvas.scene_number}", quiet=True)
    picture = draw_backdrop(backdrop, metrics, look.grain)
    draw = ImageDraw.Draw(picture)
    muted = mix(palette.ground[1], palette.ink, 0.62)
    colours = Colours(palette.ink, muted, muted, mix(palette.ground[1], palette.ink, 0.16))
    label = MISSING.get(canvas.language.split("-")[0], MISSING["en"])
    words = SlideSpec(layout="list", title=spec.title or label, body=spec.reason)
    header = make_header(label if spec.title else "", canvas, look, metrics, box[2] - box[0])
    draw_header(draw, header, canvas, look, metrics, box, colours)
    frame = (box[0], box[1] + header.height_px, box[2], box[3])
    _draw_frame(draw, frame, metrics, colours)
    inset = metrics.px(44)
    inner = (frame[0] + inset, frame[1] + inset, frame[2] - inset, frame[3] - inset)
    draw_arrangement(draw, arrange(words, look, metrics, inner), words, colours)
    return picture


def _draw_frame(draw: ImageDraw.ImageDraw, box: Box, metrics: Metrics, colours: Colours) -> None:
    """Four corners and a faint diagonal: the printer's sign for a picture to come."""
    x0, y0, x1, y1 = box
    thick, arm = metrics.px(5), metrics.px(64)
    for x, y in ((x0, y0), (x1, y0), (x0, y1), (x1, y1)):
        across = (x, x + arm) if x == x0 else (x - arm, x)
        down = (y, y + arm) if y == y0 else (y - arm, y)
        top = y if y == y0 else y - thick
        left = x if x == x0 else x - thick
        draw.rectangle((across[0], top, across[1] - 1, top + thick - 1), fill=colours.muted)
        draw.rectangle((left, down[0], left + thick - 1, down[1] - 1), fill=colours.muted)
    inset = metrics.px(40)
    ends = (x1 - arm * 3, y1 - inset - arm * 2, x1 - inset, y1 - inset)
    draw.line(ends, fill=colours.faint, width=metrics.px(3))
