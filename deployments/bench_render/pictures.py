"""Photo-like pictures made by numbers: clouds of noise with sharp things on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reels.fonts import font_path

#: A phone's portrait, a little off 9:16, so that pictures must be cropped and scaled.
SIZE_PX = (1600, 2844)
#: How fast a photo's amplitudes fall with their frequency.
_FALL = 1.5
_QUALITY = 92
_INK = ((244, 239, 226), (24, 28, 44), (214, 74, 52), (52, 118, 176), (240, 190, 70))
_SIGNS = ("OPEN", "No. 27", "Bäckerei", "EXIT 4", "12:45", "River St", "Café", "1908")


def make_pictures(folder: Path, count: int = 5, size_px: tuple[int, int] = SIZE_PX) -> list[Path]:
    """Write `count` JPEGs, always the same ones."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(count):
        file = folder / f"picture-{number + 1}.jpg"
        _picture(number, size_px).save(file, quality=_QUALITY)
        files.append(file)
    return files


def _picture(seed: int, size_px: tuple[int, int]) -> Image.Image:
    random = np.random.default_rng(seed)
    shared = _noise(random, size_px)
    # Channels of a photo mostly move together.
    channels = [0.8 * shared + 0.35 * _noise(random, size_px) for _ in range(3)]
    tint = random.uniform(90, 150, 3)
    rgb = np.stack(channels, axis=-1) * 48 + tint
    image = Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))
    _draw_things(image, random)
    return image


def _noise(random: np.random.Generator, size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Noise of 1/f^1.5, of mean 0 and deviation 1."""
    width, height = size_px
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(random.standard_normal((height, width))) / frequency**_FALL
    field = np.fft.irfft2(spectrum, (height, width))
    return np.asarray((field - field.mean()) / field.std())


def _draw_things(image: Image.Image, random: np.random.Generator) -> None:
    """Discs, lines and signs with sharp edges, on which jitter and blur would show."""
    canvas = np.asarray(image).copy()
    for _ in range(14):
        _draw(cv2.circle, canvas, random, int(random.uniform(12, 130)))
    for _ in range(24):
        end = random.uniform((0, 0), image.size)
        _draw(cv2.line, canvas, random, (int(end[0]), int(end[1])))
    image.paste(Image.fromarray(canvas))
    draw = ImageDraw.Draw(image)
    for sign in random.choice(_SIGNS, 6, replace=False):
        face = ImageFont.truetype(font_path("semibold"), float(random.uniform(40, 150)))
        x, y = random.uniform((0.05, 0.05), (0.7, 0.9)) * image.size
        draw.text((x, y), str(sign), fill=_ink(random), font=face)


def _draw(shape: Any, canvas: NDArray[np.uint8], random: np.random.Generator, what: Any) -> None:
    x, y = random.uniform((0, 0), canvas.shape[1::-1])
    width = int(random.integers(2, 7)) if shape is cv2.line or random.random() < 0.5 else -1
    shape(canvas, (int(x), int(y)), what, _ink(random), width, cv2.LINE_AA)


def _ink(random: np.random.Generator) -> tuple[int, int, int]:
    return _INK[int(random.integers(len(_INK)))]
