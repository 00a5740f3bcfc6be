"""A picture of how far a dot strays while the camera zooms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reels.fonts import font_path

_SIZE = (1000, 420)
_BOX = (70, 60, 980, 360)
_COLOURS = {"zoompan": "#C9553D", "zoompan 4x": "#D9A13B", "ours": "#2E6FB0"}


def draw(strayed: Mapping[str, NDArray[np.float64]], to: Path) -> Path:
    """Plot the sideways error of the dot that strays most in the plain recipe."""
    dot = int(np.abs(strayed["zoompan"][..., 0]).max(axis=0).argmax())
    lines = {name: strayed[name][:, dot, 0] for name in _COLOURS}
    top = max(0.25, np.ceil(4 * max(np.abs(line).max() for line in lines.values())) / 4)
    image = Image.new("RGB", _SIZE, "white")
    canvas = ImageDraw.Draw(image)
    face = ImageFont.truetype(font_path("medium"), 17)
    canvas.text((_BOX[0], 18), "Pixels off the ideal path, sideways", "#222222", face)
    _grid(canvas, face, top, len(lines["ours"]))
    for number, (name, colour) in enumerate(_COLOURS.items()):
        points = [_point(n, px, top, len(lines[name])) for n, px in enumerate(lines[name])]
        canvas.line(points, colour, 2, "curve")
        worst = np.abs(lines[name]).max()
        canvas.text((420 + 190 * number, 18), f"{name}: {worst:.2f} px", colour, face)
    image.save(to)
    return to


def _grid(canvas: ImageDraw.ImageDraw, face: ImageFont.FreeTypeFont, top: float, n: int) -> None:
    for share in (-1, -0.5, 0, 0.5, 1):
        x, y = _point(0, share * top, top, n)
        canvas.line((x, y, _BOX[2], y), "#888888" if share == 0 else "#DDDDDD", 1)
        canvas.text((x - 8, y), f"{share * top:+.2f}", "#666666", face, anchor="rm")
    canvas.text((_BOX[0], 375), "frame 0", "#666666", face)
    canvas.text((_BOX[2], 375), f"{n - 1}", "#666666", face, anchor="ra")


def _point(frame: int, px: float, top: float, n: int) -> tuple[float, float]:
    x0, y0, x1, y1 = _BOX
    return x0 + (x1 - x0) * frame / max(1, n - 1), (y0 + y1) / 2 - px / top * (y1 - y0) / 2
