"""Photos and clips that the fake libraries give: hills under a sky, by their number."""

from __future__ import annotations

import io
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FPS, _FRAMES = 10, 20
_WORK_PX = 96


@lru_cache(maxsize=64)
def photo(number: int, size_px: tuple[int, int]) -> bytes:
    """A JPEG."""
    file = io.BytesIO()
    Image.fromarray(_hills(number, 0)).resize(size_px, Image.Resampling.BICUBIC).save(
        file, "JPEG", quality=85
    )
    return file.getvalue()


@lru_cache(maxsize=16)
def clip(number: int, size_px: tuple[int, int]) -> bytes:
    """Two seconds of H.264 in MP4, in which the hills move."""
    width, height = (side // 2 * 2 for side in size_px)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "28"}
        for step in range(_FRAMES):
            picture = Image.fromarray(_hills(number, step)).resize((width, height))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture))))
        container.mux(stream.encode())
    return file.getvalue()


def _hills(number: int, step: int) -> NDArray[np.uint8]:
    chance = np.random.default_rng(number)
    hue = chance.uniform(0.3, 1.0, 3)
    down, across = np.mgrid[0 : 1 : _WORK_PX * 1j, 0 : 1 : _WORK_PX * 1j]
    light = 1.0 - 0.4 * down
    for layer in range(4):
        turns, phase = chance.uniform(1, 3), chance.uniform(0, 6)
        ridge = 0.4 + 0.14 * layer + 0.05 * np.sin(turns * 6.28 * across + phase + step / 10)
        light = np.where(down > ridge, 0.62 - 0.13 * layer, light)
    return np.asarray(255 * light[..., None] * hue, np.uint8)
