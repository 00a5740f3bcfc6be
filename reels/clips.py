"""Clips as visuals: video files, read frame by frame in the shape and colours of the video."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from reels import ffmpeg
from reels.conform import graph
from reels.footage import footage
from reels.laps import Laps
from reels.models import Fit
from reels.planes import Planes
from reels.timeline import Media


class ClipReader:
    """The frames of a clip, in order: frame n shows it at `from_s` + (`offset` + n) / `fps`.

    When it is over it starts at `from_s` again. It covers the frame, cropped about its
    middle, or with `blur` lies whole over an enlarged, blurred copy of itself. Upright,
    BT.709 in limited range whatever it was; HDR is tone-mapped, what is transparent is
    over black. A context manager that MUST be entered, read and left in one thread.

    Raises:
        RenderError: the clip is not one that is taken, is broken, or ends before `from_s`.
    """

    def __init__(
        self,
        media: Media,
        size_px: tuple[int, int],
        fps: int,
        fit: Fit,
        from_s: float,
        offset: int,
        work: Path,
        *,
        group: ffmpeg.Group | None = None,
    ) -> None:
        clip = footage(media, work, group)
        width, height = size_px
        self._size_px = size_px
        self._laps = Laps(
            clip,
            fps,
            from_s,
            offset,
            graph(clip.look, size_px, fit),
            width * height * 3 // 2,
            work,
            group,
        )

    def read(self, onto: Planes) -> None:
        """Write the next frame into `onto`, whose rows may be longer than the picture.

        Raises:
            RenderError: the clip cannot be decoded here.
        """
        frame = np.frombuffer(self._laps.next(), np.uint8)
        start = 0
        for plane in onto:
            np.copyto(plane, frame[start : start + plane.size].reshape(plane.shape))
            start += plane.size

    def close(self) -> None:
        """End the child that decodes."""
        self._laps.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
