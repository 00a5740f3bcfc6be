"""Pictures that the fake Gemini answers with: a landscape of layers, by its prompt."""

from __future__ import annotations

import hashlib
import io
import math
import random

from PIL import Image, ImageDraw

#: Width and height in pixels of the size `1K`.
SIZES_PX = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
_LAYERS = 5
_DARKER = 0.72


def painted(prompt: str, shape: str) -> bytes:
    """A PNG: its colours by what comes before the scene, its hills by the scene."""
    style, _, scene = prompt.rpartition("\n\n")
    hue = hashlib.sha256(style.encode()).digest()[0]
    picture = Image.new("HSV", (1, 2), (hue, 70, 235))
    picture.putpixel((0, 1), ((hue + 20) % 256, 120, 190))
    width, height = SIZES_PX.get(shape, SIZES_PX["1:1"])
    sky = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    _draw_hills(ImageDraw.Draw(sky), (width, height), hue, random.Random(scene))
    file = io.BytesIO()
    sky.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _draw_hills(
    draw: ImageDraw.ImageDraw, size_px: tuple[int, int], hue: int, chance: random.Random
) -> None:
    width, height = size_px
    radius = width * chance.uniform(0.06, 0.12)
    x, y = width * chance.uniform(0.25, 0.75), height * chance.uniform(0.15, 0.35)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 246, 224))
    light = 200.0
    for layer in range(_LAYERS):
        base = height * (0.42 + 0.12 * layer)
        swing, turns = height * chance.uniform(0.03, 0.07), chance.uniform(1.0, 2.5)
        phase = chance.uniform(0, math.tau)
        light *= _DARKER
        colour = Image.new("HSV", (1, 1), ((hue + 20) % 256, 110, int(light))).convert("RGB")
        ridge = [
            (step, base + swing * math.sin(phase + turns * math.tau * step / width))
            for step in range(0, width + 8, 8)
        ]
        fill = colour.tobytes()
        draw.polygon([*ridge, (width, height), (0, height)], fill=(fill[0], fill[1], fill[2]))
