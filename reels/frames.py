"""The frames of a segment, drawn one after the other into an encoder's memory."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from reels import ffmpeg, motion, pictures
from reels.captions.painter import CaptionPainter
from reels.clips import ClipReader
from reels.grid import Segment, Span, rests
from reels.overlays import FilmPainter, TitlePainter, logo_patch
from reels.planes import Patch, Planes, dim, empty, lay
from reels.transitions import TRANSITIONS


class Painter:
    """Draws the frames of one segment, in order. A context manager.

    `work` is a directory for passing files; children run in `group`.
    """

    def __init__(self, segment: Segment, work: Path, *, group: ffmpeg.Group | None = None) -> None:
        self._segment = segment
        self._brightness = dict(segment.brightness)
        self._open = ExitStack()
        try:
            self._shots = [self._shot(span, work, group) for span in segment.spans]
            self._films = [
                self._open.enter_context(
                    FilmPainter(
                        film, segment.size_px, segment.fps, segment.film_frame, work, group=group
                    )
                )
                for film in segment.films
            ]
        except BaseException:
            self._open.close()
            raise
        self._between = TRANSITIONS.get(segment.transition)
        self._spare = empty(segment.size_px) if self._between else None
        self._logo = self._logo_patch()
        self._title = self._title_painter()
        self._captions = CaptionPainter(
            segment.captions,
            segment.size_px,
            segment.fps,
            segment.caption_style,
            segment.caption_look,
            segment.language,
        )

    def paint(self, frame: int, onto: Planes) -> None:
        """Draw frame number `frame`; frames MUST be asked for in order, from 0 on.

        Raises:
            RenderError: a picture or a clip cannot be read.
        """
        self._paint_shots(frame, onto)
        for film in self._films:
            film.lay(onto)
        if self._logo:
            lay(self._logo, onto)
        if self._title:
            self._title.lay(self._segment.title_frame + frame, onto)
        self._captions.lay(frame, onto)
        if frame in self._brightness:
            dim(onto, self._brightness[frame])

    def close(self) -> None:
        """End the children that decode clips."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _paint_shots(self, frame: int, onto: Planes) -> None:
        self._shots[0].paint(frame, onto)
        if self._between is None or self._spare is None:
            return
        self._shots[1].paint(frame, self._spare)
        self._between(onto, self._spare, (frame + 1) / (self._segment.frames + 1))

    def _shot(self, span: Span, work: Path, group: ffmpeg.Group | None) -> _Shot:
        size_px, fps = self._segment.size_px, self._segment.fps
        if span.media.kind == "clip":
            clip = ClipReader(
                span.media, size_px, fps, span.fit, span.from_s, span.offset, work, group=group
            )
            return _Clip(self._open.enter_context(clip))
        return _Resting(span, size_px) if rests(span) else _Moving(span, size_px)

    def _logo_patch(self) -> Patch | None:
        segment = self._segment
        if segment.logo is None:
            return None
        return logo_patch(segment.logo, segment.size_px, segment.logo_beside_px)

    def _title_painter(self) -> TitlePainter | None:
        segment = self._segment
        if segment.title_card is None:
            return None
        return TitlePainter(segment.title_card, segment.size_px, segment.fps, segment.language)


class _Shot(Protocol):
    def paint(self, frame: int, onto: Planes) -> None: ...


class _Resting:
    """A picture that does not move: drawn once, copied from then on."""

    def __init__(self, span: Span, size_px: tuple[int, int]) -> None:
        source = pictures.load(span.media, size_px, span.fit)
        self._still = empty(size_px)
        motion.draw(source, motion.view("none", 0, 1), self._still)

    def paint(self, frame: int, onto: Planes) -> None:  # noqa: ARG002
        for still, plane in zip(self._still, onto, strict=True):
            np.copyto(plane, still)


class _Moving:
    """A picture under the camera."""

    def __init__(self, span: Span, size_px: tuple[int, int]) -> None:
        self._source = pictures.load(span.media, size_px, span.fit, motion.reserve(span.motion))
        self._span = span

    def paint(self, frame: int, onto: Planes) -> None:
        span = self._span
        seen = motion.view(span.motion, span.offset + frame, span.visible_frames)
        motion.draw(self._source, seen, onto)


class _Clip:
    """A clip, read frame by frame."""

    def __init__(self, reader: ClipReader) -> None:
        self._reader = reader

    def paint(self, frame: int, onto: Planes) -> None:  # noqa: ARG002
        self._reader.read(onto)
