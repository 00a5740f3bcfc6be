"""The films that ship with the house, by their names, and their light as patches."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

import av
import cv2
import numpy as np

from reels.models import Overlay
from reels.overlays.light import patch_of_light
from reels.planes import Patch, Plane
from reels.timeline import Film, Media

_FOLDER = Path(__file__).parent
_FILES: dict[Overlay, str] = {"dust": "dust.mp4"}

#: Light is looked for in squares of this size; most of a film of dust is dark.
_TILE_PX = 64
#: Luma steps under which light is the encoder's noise.
_NOISE = 2

Patches: TypeAlias = tuple[Patch, ...]


@cache
def builtin(name: Overlay) -> Film:
    """The shipped film of this name, to be added as light. Raises KeyError for `none`."""
    return Film(media=Media.of(_FOLDER / _FILES[name]), blend="screen")


def is_shipped(film: Film) -> bool:
    """Whether it is one of ours: grey light on black, small and to be trusted."""
    names = (film.media.sha256 == builtin(name).media.sha256 for name in _FILES)
    return film.blend == "screen" and any(names)


@lru_cache(maxsize=2)
def lit(media: Media, size_px: tuple[int, int]) -> tuple[float, tuple[Patches, ...]]:
    """A shipped film's frames per second, and each frame's light as patches that cover a frame.

    A square film covers every shape from its middle, so that specks stay round.
    """
    side = max(size_px)
    left, top = (side - size_px[0]) // 2, (side - size_px[1]) // 2
    frames: list[Patches] = []
    with av.open(str(media.path)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 1)
        for frame in container.decode(stream):
            grey = frame.to_ndarray(format="gray")
            large = cv2.resize(grey, (side, side), interpolation=cv2.INTER_LINEAR_EXACT)
            part = large[top : top + size_px[1], left : left + size_px[0]]
            frames.append(tuple(_tiles(np.asarray(part, np.uint8))))
    return rate, tuple(frames)


def _tiles(grey: Plane) -> list[Patch]:
    """The squares that hold light."""
    found = []
    for y in range(0, grey.shape[0], _TILE_PX):
        band = grey[y : y + _TILE_PX]
        if band.max() <= _NOISE:
            continue
        for x in range(0, grey.shape[1], _TILE_PX):
            tile = band[:, x : x + _TILE_PX]
            if tile.max() > _NOISE:
                found.append(patch_of_light(tile, x, y))
    return found
