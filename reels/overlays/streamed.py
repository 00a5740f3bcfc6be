"""Users' films, decoded frame by frame as they are laid, so that their length costs no memory."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from reels import ffmpeg
from reels.clips import ClipReader
from reels.conform import transparent_graph
from reels.footage import footage
from reels.laps import Laps
from reels.overlays.light import screen
from reels.planes import BLACK_C, BLACK_Y, Patch, Plane, Planes, empty, lay
from reels.timeline import Media


class Lit:
    """A film whose light is added."""

    def __init__(
        self,
        media: Media,
        size_px: tuple[int, int],
        fps: int,
        first: int,
        work: Path,
        group: ffmpeg.Group | None,
    ) -> None:
        self._reader = ClipReader(media, size_px, fps, "cover", 0.0, first, work, group=group)
        self._frame = empty(size_px)

    def lay(self, onto: Planes, opacity: float) -> None:
        self._reader.read(self._frame)
        screen(self._frame, onto, opacity)

    def close(self) -> None:
        self._reader.close()


class Transparent:
    """A film that has transparency."""

    def __init__(
        self,
        media: Media,
        size_px: tuple[int, int],
        fps: int,
        first: int,
        work: Path,
        group: ffmpeg.Group | None,
    ) -> None:
        clip = footage(media, work, group)
        graph = transparent_graph(clip.look, size_px)
        frame_bytes = size_px[0] * size_px[1] * 5 // 2
        self._size_px = size_px
        self._laps = Laps(clip, fps, 0.0, first, graph, frame_bytes, work, group)

    def lay(self, onto: Planes, opacity: float) -> None:
        lay(self._patch(np.frombuffer(self._laps.next(), np.uint8)), onto, opacity)

    def close(self) -> None:
        self._laps.close()

    def _patch(self, pixels: Plane) -> Patch:
        """Planes Y, U, V and alpha, over black, as a patch of the whole frame."""
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
        return Patch(0, 0, colour, Planes(keep, keep_c, keep_c))


def _over_nothing(plane: Plane, keep: Plane, black: int) -> Plane:
    """Take the black away that transparent pixels were laid over."""
    ground = cv2.convertScaleAbs(keep, alpha=black / 255)
    return np.asarray(cv2.subtract(plane, ground), np.uint8)
