"""A film over the whole video, looped from the video's start."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np

from reels import ffmpeg
from reels.clips import ClipReader
from reels.conform import transparent_graph
from reels.footage import footage
from reels.laps import Laps
from reels.overlays.light import patch_of_film
from reels.overlays.shipped import is_shipped, lit
from reels.planes import BLACK_C, BLACK_Y, Patch, Plane, Planes, empty, lay
from reels.timeline import Film


class FilmPainter:
    """Lays a film over frames of the video, in order from frame `first_frame` on.

    Frame f of the video shows the film at f / `fps` seconds, modulo its length. A context
    manager that MUST be entered, used and left in one thread.

    Raises:
        RenderError: the film is not a clip that is taken, or is broken.
    """

    def __init__(
        self,
        film: Film,
        size_px: tuple[int, int],
        fps: int,
        first_frame: int,
        work: Path,
        *,
        group: ffmpeg.Group | None = None,
    ) -> None:
        self._opacity = film.opacity
        self._source: _Source
        if is_shipped(film):
            self._source = _Shipped(film, size_px, fps, first_frame)
        elif film.blend == "screen":
            self._source = _Light(film, size_px, fps, first_frame, work, group)
        else:
            self._source = _Transparent(film, size_px, fps, first_frame, work, group)

    def lay(self, onto: Planes) -> None:
        """Lay the next frame of the film over `onto`. Raises RenderError."""
        for patch in self._source.next():
            lay(patch, onto, self._opacity)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.close()


class _Source(Protocol):
    def next(self) -> tuple[Patch, ...]: ...

    def close(self) -> None: ...


class _Shipped:
    """One of our own films: its light is kept as patches where there is any."""

    def __init__(self, film: Film, size_px: tuple[int, int], fps: int, first: int) -> None:
        self._rate, self._frames = lit(film.media, size_px)
        self._fps, self._at = fps, first

    def next(self) -> tuple[Patch, ...]:
        number = int(self._at * self._rate / self._fps) % len(self._frames)
        self._at += 1
        return self._frames[number]

    def close(self) -> None:
        pass


class _Light:
    """A user's film whose light is added."""

    def __init__(
        self,
        film: Film,
        size_px: tuple[int, int],
        fps: int,
        first: int,
        work: Path,
        group: ffmpeg.Group | None,
    ) -> None:
        self._reader = ClipReader(film.media, size_px, fps, "cover", 0.0, first, work, group=group)
        self._frame = empty(size_px)

    def next(self) -> tuple[Patch, ...]:
        self._reader.read(self._frame)
        return (patch_of_film(self._frame),)

    def close(self) -> None:
        self._reader.close()


class _Transparent:
    """A user's film that has transparency."""

    def __init__(
        self,
        film: Film,
        size_px: tuple[int, int],
        fps: int,
        first: int,
        work: Path,
        group: ffmpeg.Group | None,
    ) -> None:
        clip = footage(film.media, work, group)
        self._size_px = size_px
        self._laps = Laps(
            clip,
            fps,
            0.0,
            first,
            transparent_graph(clip.look, size_px),
            size_px[0] * size_px[1] * 5 // 2,
            work,
            group,
        )

    def next(self) -> tuple[Patch, ...]:
        pixels = np.frombuffer(self._laps.next(), np.uint8)
        width, height = self._size_px
        half = height // 2, width // 2
        luma, quarter = width * height, half[0] * half[1]
        y, u, v, alpha = np.split(pixels, np.cumsum([luma, quarter, quarter]))
        keep = 255 - alpha.reshape(height, width)
        small = cv2.resize(keep, (half[1], half[0]), interpolation=cv2.INTER_AREA)
        keep_c = np.asarray(small, np.uint8)
        colour = Planes(
            _over_nothing(y.reshape(height, width), keep, BLACK_Y),
            _over_nothing(u.reshape(half), keep_c, BLACK_C),
            _over_nothing(v.reshape(half), keep_c, BLACK_C),
        )
        return (Patch(0, 0, colour, Planes(keep, keep_c, keep_c)),)

    def close(self) -> None:
        self._laps.close()


def _over_nothing(plane: Plane, keep: Plane, black: int) -> Plane:
    """Take the black away that transparent pixels were laid over."""
    ground = cv2.convertScaleAbs(keep, alpha=black / 255)
    return np.asarray(cv2.subtract(plane, ground), np.uint8)
