"""The frames of a segment, drawn one ahead of the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator

import cv2
import numpy as np

from reels import motion
from reels.grid import Segment, Span
from reels.motion import Plane

#: Frames drawn ahead of the encoder. More would only cost memory.
AHEAD = 2

#: Black in limited range.
_BLACK_Y, _BLACK_C = 16, 128


def frames(segment: Segment) -> Generator[memoryview]:
    """Every frame of `segment` as raw yuv420p, without its captions.

    A frame is drawn while the one before is written, which keeps the encoder fed. A
    frame's memory is used again after the next two are taken. Close the iterator when
    not all of it is wanted.

    Raises:
        RenderError: a picture cannot be read.
    """
    width, height = segment.size_px
    ring = [np.empty(width * height * 3 // 2, np.uint8) for _ in range(AHEAD + 2)]
    ready: queue.Queue[memoryview | BaseException | None] = queue.Queue(AHEAD)
    stop = threading.Event()
    thread = threading.Thread(target=_draw_all, args=(segment, ring, ready, stop), daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        while thread.is_alive():
            _drain(ready)
            thread.join(0.01)


def first_frame(segment: Segment) -> memoryview:
    """The first frame alone, which stands for all of a still segment."""
    width, height = segment.size_px
    buffer = np.empty(width * height * 3 // 2, np.uint8)
    _Painter(segment).paint(0, buffer)
    return buffer.data


def _draw_all(
    segment: Segment,
    ring: list[Plane],
    ready: queue.Queue[memoryview | BaseException | None],
    stop: threading.Event,
) -> None:
    try:
        painter = _Painter(segment)
        for frame in range(segment.frames):
            if stop.is_set():
                return
            buffer = ring[frame % len(ring)]
            painter.paint(frame, buffer)
            ready.put(buffer.data)
        ready.put(None)
    except BaseException as error:
        ready.put(error)


def _drain(ready: queue.Queue[memoryview | BaseException | None]) -> None:
    try:
        while True:
            ready.get_nowait()
    except queue.Empty:
        pass


class _Painter:
    """Draws single frames of a segment."""

    def __init__(self, segment: Segment) -> None:
        self._size_px = segment.size_px
        self._spans = segment.spans
        self._brightness = dict(segment.brightness)
        width, height = segment.size_px
        self._spare = np.empty(width * height * 3 // 2, np.uint8)
        self._luma = width * height
        self._resting: dict[Span, Plane] = {}

    def paint(self, frame: int, buffer: Plane) -> None:
        shown = [span for span in self._spans if 0 <= frame - span.at < span.frames]
        self._paint_span(shown[0], frame, buffer)
        for span in shown[1:]:
            weight = (span.offset + frame - span.at + 1) / (span.dissolve_frames + 1)
            self._paint_span(span, frame, self._spare)
            _mix(self._spare, buffer, min(1.0, weight))
        if frame in self._brightness:
            self._spare[: self._luma] = _BLACK_Y
            self._spare[self._luma :] = _BLACK_C
            _mix(self._spare, buffer, 1 - self._brightness[frame])

    def _paint_span(self, span: Span, frame: int, buffer: Plane) -> None:
        if span.motion == "none":
            if span not in self._resting:
                self._resting[span] = np.empty_like(buffer)
                self._warp(span, 0, self._resting[span])
            np.copyto(buffer, self._resting[span])
        else:
            self._warp(span, span.offset + frame - span.at, buffer)

    def _warp(self, span: Span, at: int, buffer: Plane) -> None:
        picture = motion.load(span.picture, self._size_px, span.motion != "none")
        seen = motion.view(span.motion, at, span.visible_frames)
        motion.draw(picture, seen, motion.split(buffer, self._size_px))


def _mix(over: Plane, onto: Plane, weight: float) -> None:
    """Blend `over` into `onto`, in place."""
    cv2.addWeighted(over, weight, onto, 1 - weight, 0, dst=onto)
