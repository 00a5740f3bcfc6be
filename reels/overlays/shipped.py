"""The films that ship with the house, and their light laid only where there is any."""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from reels.models import Overlay
from reels.overlays.light import FULL_RANGE, patch_of_light
from reels.planes import BLACK_Y, Patch, Plane, Planes, lay
from reels.timeline import Film, Media

_FOLDER = Path(__file__).parent
_FILES: dict[Overlay, str] = {"dust": "dust.mp4"}

#: Light is looked for in squares of this size; most of a film of dust is dark.
_TILE_PX = 64

Patches: TypeAlias = tuple[Patch, ...]


@cache
def builtin(name: Overlay) -> Film:
    """The shipped film of this name, to be added as light. Raises KeyError for `none`."""
    return Film(media=Media.of(_FOLDER / _FILES[name]), blend="screen")


def is_shipped(film: Film) -> bool:
    """Whether it is one of ours: grey light on black, small and to be trusted."""
    names = (film.media.sha256 == builtin(name).media.sha256 for name in _FILES)
    return film.blend == "screen" and any(names)


class Shipped:
    """A shipped film over frames of `size_px`, in order from frame `first` of the video on.

    The film is square and covers every shape about its middle, so that specks stay round.
    """

    def __init__(self, media: Media, size_px: tuple[int, int], fps: int, first: int) -> None:
        self._tiles = _tiles_of(media, size_px)
        self._fps, self._at = fps, first

    def lay(self, onto: Planes, opacity: float) -> None:
        """Lay the next frame."""
        for patch in self._tiles.at(self._at, self._fps):
            lay(patch, onto, opacity)
        self._at += 1

    def close(self) -> None:
        """Nothing is open."""


class Specks(NamedTuple):
    """A frame's lit pixels: where they are in the flattened picture, and their light, 0 to 255."""

    at: NDArray[np.uint32]
    light: Plane


class Reel(NamedTuple):
    """A shipped film: frames per second, the side of its square frames, what is lit in each."""

    rate: int
    side_px: int
    frames: tuple[Specks, ...]

    def grey(self, number: int) -> Plane:
        """A whole frame, 0 to 255."""
        whole = np.zeros(self.side_px * self.side_px, np.uint8)
        whole[self.frames[number].at] = self.frames[number].light
        return whole.reshape(self.side_px, self.side_px)


_lock = threading.Lock()


def reel(media: Media) -> Reel:
    """A shipped film, decoded once."""
    with _lock:
        return _reel(media)


@lru_cache(maxsize=2)
def _reel(media: Media) -> Reel:
    with av.open(str(media.path)) as container:
        stream = container.streams.video[0]
        found = []
        for frame in container.decode(stream):
            luma = frame.to_ndarray()[: frame.height].ravel()
            at = np.flatnonzero(luma > BLACK_Y).astype(np.uint32)
            found.append(Specks(at, FULL_RANGE[luma[at]]))
        return Reel(int(stream.average_rate or 1), stream.height, tuple(found))


class _Tiles:
    """A film's light in a frame's size, made when it is first seen and kept."""

    def __init__(self, media: Media, size_px: tuple[int, int]) -> None:
        self._reel, self._size_px = reel(media), size_px
        self._made: dict[int, Patches] = {}

    def at(self, frame: int, fps: int) -> Patches:
        """What is lit at `frame` of a video of `fps` frames a second."""
        number = frame * self._reel.rate // fps % len(self._reel.frames)
        # Two threads may make the same; that costs less than a lock.
        if number not in self._made:
            self._made[number] = tuple(_tiles(_covering(self._reel.grey(number), self._size_px)))
        return self._made[number]


@lru_cache(maxsize=2)
def _tiles_of(media: Media, size_px: tuple[int, int]) -> _Tiles:
    return _Tiles(media, size_px)


def _covering(grey: Plane, size_px: tuple[int, int]) -> Plane:
    side = max(size_px)
    left, top = (side - size_px[0]) // 2, (side - size_px[1]) // 2
    large = cv2.resize(grey, (side, side), interpolation=cv2.INTER_LINEAR_EXACT)
    return np.asarray(large[top : top + size_px[1], left : left + size_px[0]], np.uint8)


def _tiles(grey: Plane) -> list[Patch]:
    """What is lit, square by square, each cut to what it holds."""
    found = []
    for y in range(0, grey.shape[0], _TILE_PX):
        band = grey[y : y + _TILE_PX]
        if not band.any():
            continue
        for x in range(0, grey.shape[1], _TILE_PX):
            tile = band[:, x : x + _TILE_PX]
            left, top, width, height = cv2.boundingRect(tile)
            if width:
                # Patches begin and end at even places.
                x0, y0 = left & ~1, top & ~1
                x1, y1 = (left + width + 1) & ~1, (top + height + 1) & ~1
                found.append(patch_of_light(tile[y0:y1, x0:x1], x + x0, y + y0))
    return found
