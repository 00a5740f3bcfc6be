"""The visual kind `generated`: a picture by Gemini's image model. It is paid, by the piece.

Every prompt of a video holds the same house sentences and the same style sheet, made of the
job's style and the storyboard's own look, so that the pictures look as of one hand.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from PIL import Image, ImageOps
from pydantic import Field, JsonValue

from reels.cloud.gemini import Blob, chosen_model, generate
from reels.cloud.gemini_client import SERVICE
from reels.errors import BadOutput, RenderError
from reels.models import Model, Text
from reels.settings import ProviderSettings
from reels.visuals.base import Canvas
from reels.visuals.picture import parse_spec, save_png

_OURS = "1"
_TOKENS = 400
#: The shapes that the service makes: width to height.
_SHAPES = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
#: A crop that keeps less than this of a picture would cut its subject.
_LEAST_KEPT = 0.5
#: A picture that must be enlarged more than this is a thumbnail.
_MOST_ENLARGED = 3.0

HOUSE = """\
One picture for a scene of a short video, of professional quality, full bleed, without border.
No text, letters, numbers, captions, logos or watermarks anywhere in it.
One clear subject in the middle third, seen at once on a telephone; generous space around it.
Natural anatomy and perspective. Nobody who resembles a living person. Fit for all ages.
"""
_CAPTIONS = "The lowest third is calm and rather dark: captions are laid over it.\n"

#: What the job's style means for a picture. Another style is told in the user's own words.
STYLES = {
    "": "photographic, natural soft light, true colours, shallow depth of field",
    "minimal": "photographic, a single object, much empty space, muted palette of two colours",
    "cinematic": "cinematic still, anamorphic lens, warm key light against cool shadows",
    "noir": "black and white film still, hard side light, deep shadows, fine grain",
    "illustration": "flat vector illustration, few shapes, soft grain, four harmonious colours",
    "watercolor": "watercolour on rough paper, loose washes, light pencil lines",
    "retro": "1970s magazine photograph, faded warm colours, slight grain",
}


class GeneratedSpec(Model):
    """`prompt` is what is seen; `style` the look that all scenes of the storyboard share."""

    prompt: Annotated[Text, Field(min_length=1, max_length=1_000)]
    style: Text = Field(default="", max_length=300)


class Generated:
    """Draws a `GeneratedSpec`; the service gives another picture each time that it is asked."""

    kind = "generated"

    @property
    def version(self) -> str:
        """Ours, and the model's name."""
        return f"{_OURS}-{ProviderSettings().gemini_image_model}"

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`.

        Raises:
            InvalidInput: the spec breaks `GeneratedSpec`.
            BadOutput: what came is no picture, or of quite another shape or size.
            ProviderError, BudgetExceeded: see `reels.cloud.gemini`.
        """
        parsed = parse_spec(GeneratedSpec, spec)
        reply = generate(
            chosen_model("gemini_image_model"),
            "picture",
            contents=prompt_of(parsed, canvas),
            config={
                "response_modalities": ["IMAGE"],
                "image_config": {"aspect_ratio": shape_of(canvas.size_px), "image_size": "1K"},
            },
            expected={"input_token": _TOKENS, "picture": 1},
        )
        if not reply.blobs:
            raise BadOutput(SERVICE, "Gemini answered with words in place of a picture.")
        return save_png(_fitted(_opened(reply.blobs[-1]), canvas.size_px), to)


def prompt_of(spec: GeneratedSpec, canvas: Canvas) -> str:
    """The whole prompt: what is the same in all scenes first, then this scene."""
    style = " ".join(canvas.style.split())
    look = STYLES.get(style.casefold(), style)
    sheet = "; ".join(part.rstrip(" .;") for part in (look, spec.style) if part)
    calm = _CAPTIONS if canvas.captions else ""
    return f"{HOUSE}{calm}Style of the whole series, the same in each picture: {sheet}.\n\n" + (
        f"The scene: {spec.prompt}"
    )


def shape_of(size_px: tuple[int, int]) -> str:
    """The service's shape that is nearest to a canvas."""
    wanted = size_px[0] / size_px[1]

    def far(shape: str) -> float:
        width, height = map(int, shape.split(":"))
        return max(wanted / (width / height), (width / height) / wanted)

    return min(_SHAPES, key=far)


def _opened(blob: Blob) -> Image.Image:
    # OpenCV and numpy are loaded when a picture is made, not when the kinds are listed.
    from reels.pictures import decode

    with tempfile.TemporaryDirectory(prefix="generated-") as folder:
        path = Path(folder) / "picture"
        path.write_bytes(blob.data)
        try:
            return Image.fromarray(decode(path)).convert("RGB")
        except RenderError:
            raise BadOutput(
                SERVICE, f"What Gemini sent as {blob.mime_type[:40]!r} is no picture."
            ) from None


def _fitted(picture: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    """Cropped about its middle to the canvas's shape, and scaled to its size."""
    width, height = picture.size
    scale = max(size_px[0] / width, size_px[1] / height)
    kept = (size_px[0] / scale) * (size_px[1] / scale) / (width * height)
    if kept < _LEAST_KEPT or scale > _MOST_ENLARGED:
        raise BadOutput(
            SERVICE,
            f"Gemini's picture has {width}x{height} pixels; {size_px[0]}x{size_px[1]} were asked "
            "for, and it cannot be cropped or enlarged so far.",
        )
    return ImageOps.fit(picture, size_px, Image.Resampling.LANCZOS)
