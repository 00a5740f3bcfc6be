"""A segment becomes a small MP4 of its own, ready to be joined by copy."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reels import ffmpeg
from reels.codecs import CODECS, options
from reels.errors import RenderError
from reels.files import publish
from reels.frames import Painter
from reels.grid import CodecName, Segment
from reels.hardware import is_here
from reels.machine import cores
from reels.planes import Plane, Planes
from reels.progress import OnProgress

#: Ticks per frame in the parts' time base, so that every time stamp is a whole number.
TICKS_PER_FRAME = 512

# Segments are drawn side by side; OpenCV's own threads would only get in their way.
cv2.setNumThreads(1)

#: The encodings that hardware does at once, counted in this process.
_SESSIONS: dict[CodecName, threading.Semaphore] = {
    name: threading.Semaphore(codec.sessions) for name, codec in CODECS.items() if codec.sessions
}


class Stop(RenderError):
    """An encoding was given up because the render that it is for failed or was called off."""


class Paints(Protocol):
    """Draws frame number `frame` into planes; asked in order, from 0 on."""

    def paint(self, frame: int, onto: Planes, /) -> None: ...


def encode(
    segment: Segment,
    to: Path,
    work: Path,
    *,
    group: ffmpeg.Group | None = None,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> Path:
    """Encode `segment` into the MP4 file `to`, which appears whole or not at all.

    Exactly `segment.frames` frames of H.264 High, yuv420p, BT.709, constant frame rate,
    one closed GOP that starts with an IDR frame. `work` is a directory for passing files.
    Frames are drawn into the encoder's own memory. `stop` ends it between two frames.
    `on_progress` hears of the frames that are drawn; it is called in this thread after each.

    Raises:
        RenderError: a picture or clip cannot be read, the encoder failed, or it is that of
            another machine.
    """
    if not is_here(segment.encoder):
        raise RenderError(
            f"Segment {segment.index} is for {segment.encoder.codec} of another machine."
        )
    _check(stop)
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="segment-") as folder:
        desk = Path(folder)
        turn = _SESSIONS.get(segment.encoder.codec, nullcontext())
        with turn, Painter(segment, desk, group=group) as painter:
            write(segment, painter, desk / "part.mp4", stop, on_progress)
        return publish(desk / "part.mp4", to)


def write(
    segment: Segment,
    painter: Paints,
    to: Path,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Encode what `painter` draws into the MP4 file `to`, as the encoder of `segment` says.

    `on_progress` is called in this thread after every frame.

    Raises:
        RenderError: the encoder failed, or lost a frame.
    """
    scale = {"video_track_timescale": str(segment.fps * TICKS_PER_FRAME), "fflags": "+bitexact"}
    codec, made = segment.encoder.codec, 0
    try:
        with av.open(str(to), "w", format="mp4", container_options=scale) as container:
            stream = _stream(container, segment)
            drawn = _drawn(segment, painter, stop or threading.Event())
            for given, frame in enumerate(chain(drawn, [None]), 1):
                packets = stream.encode(frame)
                made += len(packets)
                container.mux(packets)
                if on_progress and frame is not None:
                    on_progress(given, segment.frames)
    except (av.FFmpegError, UnknownCodecError, OSError) as error:
        raise RenderError(
            f"Segment {segment.index} could not be encoded by {codec}: {_said(error)}."
        ) from error
    if made != segment.frames:
        raise RenderError(f"{codec} made {made} of the {segment.frames} frames of a segment.")


def encode_all(
    segments: Sequence[Segment],
    directory: Path,
    workers: int | None = None,
    on_done: Callable[[Segment, Path], None] | None = None,
) -> tuple[Path, ...]:
    """Encode those of `segments` that `directory` does not hold yet, some at a time.

    Files are named by the segments' keys. `on_done` is called in this thread for every
    segment, found or made. `workers` is by default the number of cores. Returns the files
    in the segments' order; the first failure stops all.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = {segment.key: directory / f"{segment.key}.mp4" for segment in segments}
    group, stop = ffmpeg.Group(), threading.Event()
    workers = workers or cores()
    pool = ThreadPoolExecutor(workers)
    try:
        running: dict[Future[Path], Segment] = {}
        for key, segment in _short_ones_last(segments, workers).items():
            if files[key].exists():
                _tell(on_done, segment, files[key])
            else:
                work = directory / "work"
                future = pool.submit(encode, segment, files[key], work, group=group, stop=stop)
                running[future] = segment
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                _tell(on_done, running.pop(future), future.result())
    except BaseException:
        stop.set()
        group.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return tuple(files[segment.key] for segment in segments)


def _short_ones_last(segments: Sequence[Segment], workers: int) -> dict[str, Segment]:
    """By key, in order but for the end: workers end together when the last pieces are short."""
    kept = 2 * workers
    end = sorted(segments[-kept:], key=lambda segment: segment.frames, reverse=True)
    return {segment.key: segment for segment in (*segments[:-kept], *end)}


def _tell(on_done: Callable[[Segment, Path], None] | None, segment: Segment, file: Path) -> None:
    if on_done:
        on_done(segment, file)


def _said(error: Exception) -> str:
    """FFmpeg's own words where they are logged, else what its number means."""
    if isinstance(error, UnknownCodecError):
        return "this build of FFmpeg has no such encoder"
    *_, logged = (isinstance(error, av.FFmpegError) and error.log) or ("",)
    return str(logged).strip(" .\n") or getattr(error, "strerror", None) or str(error)


def _stream(container: OutputContainer, segment: Segment) -> VideoStream:
    stream = container.add_stream(segment.encoder.codec, rate=segment.fps)
    context = stream.codec_context
    context.width, context.height = segment.size_px
    context.pix_fmt = CODECS[segment.encoder.codec].pixel_format
    context.time_base = Fraction(1, segment.fps)
    context.thread_count = segment.encoder.threads
    context.options = options(segment.encoder, segment.fps)
    return stream


def _drawn(segment: Segment, painter: Paints, stop: threading.Event) -> Iterator[VideoFrame]:
    codec = CODECS[segment.encoder.codec]
    frame = VideoFrame(*segment.size_px, "yuv420p")
    planes = _planes_of(frame)
    for number in range(segment.frames):
        _check(stop)
        if codec.keeps_frames and number:
            frame = VideoFrame(*segment.size_px, "yuv420p")
            planes = _planes_of(frame)
        painter.paint(number, planes)
        frame.pts, frame.time_base = number, Fraction(1, segment.fps)
        yield frame.reformat(format=codec.pixel_format)


def _check(stop: threading.Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Stop("The render that this segment is for has ended.")


def _planes_of(frame: VideoFrame) -> Planes:
    """Windows into the memory of a yuv420p frame."""
    y, u, v = frame.planes
    return Planes(*(_window(plane) for plane in (y, u, v)))


def _window(plane: av.video.plane.VideoPlane) -> Plane:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
