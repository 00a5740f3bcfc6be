"""The finished frames of a timeline as a raw file, and x264 on them alone: the limit."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from deployments.bench_render import in_process
from reels import ffmpeg
from reels.codecs import options
from reels.frames import Painter
from reels.grid import Encoder, Segment, plan
from reels.planes import Planes, empty
from reels.timeline import Timeline

_COLOUR = ("color_range", "colorspace", "color_primaries", "color_trc", "chroma_sample_location")


class Finished(NamedTuple):
    """Raw yuv420p frames in a file. `drawn_cpu_s` is what drawing them took."""

    file: Path
    size_px: tuple[int, int]
    fps: int
    drawn_cpu_s: float


def draw(timeline: Timeline, file: Path, work: Path) -> Finished:
    """Draw every frame of `timeline`, captions and all, and write them to `file`."""
    target = empty(timeline.size_px)
    drawn_s = 0.0
    with file.open("wb") as raw:
        for segment in plan(timeline):
            drawn_s += _draw_segment(segment, target, raw, work)
    return Finished(file, timeline.size_px, timeline.fps, drawn_s)


def _draw_segment(segment: Segment, target: Planes, raw: BinaryIO, work: Path) -> float:
    drawn_s = -time.process_time()
    with Painter(segment, work) as painter:
        for frame in range(segment.frames):
            painter.paint(frame, target)
            drawn_s += time.process_time()
            for plane in target:
                raw.write(plane.data)
            drawn_s -= time.process_time()
    return drawn_s + time.process_time()


def room_for(timeline: Timeline, desk: Path) -> Path:
    """A directory for raw frames: in memory where there is room, so that no disk is measured."""
    width, height = timeline.size_px
    need = timeline.frames * width * height * 3 // 2
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 2 * need:
        return memory
    return desk


def x264_options(fps: int, threads: int) -> list[str]:
    """Our own settings as words of ffmpeg's command line; 0 threads leaves it to x264."""
    words = [word for name, value in _settings(fps).items() for word in (f"-{name}", value)]
    return ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-threads", str(threads), *words]


def _settings(fps: int) -> dict[str, str]:
    return options(Encoder(), fps)


def limit_command(finished: Finished, to: Path, threads: int) -> Sequence[str | Path]:
    """ffmpeg's command line that encodes the finished frames, and does nothing else."""
    width, height = finished.size_px
    # Without its colours ffmpeg would convert what it reads, and that would count as x264's.
    colour = [word for name in _COLOUR for word in (f"-{name}", _settings(finished.fps)[name])]
    source = [*colour, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
    return [
        ffmpeg.binary(), "-hide_banner", "-loglevel", "error", "-y",
        *source, "-r", str(finished.fps), "-i", finished.file,
        *x264_options(finished.fps, threads), "-an", to,
    ]  # fmt: skip


def limit_in_process_command(finished: Finished, to: Path) -> Sequence[str | Path]:
    """The same by PyAV in a fresh process, with one thread."""
    width, height = finished.size_px
    settings = json.dumps(_settings(finished.fps))
    words = (finished.file, width, height, finished.fps, settings, to)
    return [sys.executable, "-m", in_process.__name__, *map(str, words)]
