"""A film over the whole video, looped from the video's start."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from reels import ffmpeg
from reels.overlays.shipped import Shipped, is_shipped
from reels.overlays.streamed import Lit, Transparent
from reels.planes import Planes
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
            self._source = Shipped(film.media, size_px, fps, first_frame)
        elif film.blend == "screen":
            self._source = Lit(film.media, size_px, fps, first_frame, work, group)
        else:
            self._source = Transparent(film.media, size_px, fps, first_frame, work, group)

    def lay(self, onto: Planes) -> None:
        """Lay the next frame of the film over `onto`. Raises RenderError."""
        self._source.lay(onto, self._opacity)

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
    def lay(self, onto: Planes, opacity: float) -> None: ...

    def close(self) -> None: ...
