"""What a media file really is, and whether a finished video is what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from PIL import Image

from reels.errors import CheckFailed, RenderError
from reels.models import Model

#: EBU R37 lets sound lead by 40 ms and lag by 60; half of the stricter is ours.
MAX_DRIFT_S = 0.02
#: An AAC frame at 48 kHz: a container may round the sound's length up by one.
_AAC_FRAME_S = 1024 / 48_000
#: Mean luma under which a picture is black (black itself is 16).
_BLACK_LUMA = 20.0
_POSTER_QUALITY = 88


class VideoStream(Model):
    """The first video stream. `is_even` says that time stamps are one frame apart, from 0."""

    codec: str
    profile: str
    pixel_format: str
    size_px: tuple[int, int]
    fps: float
    frames: int
    duration_s: float
    start_s: float
    is_even: bool
    keyframes: tuple[int, ...]
    colour_space: int


class AudioStream(Model):
    """The first audio stream."""

    codec: str
    rate_hz: int
    channels: int
    duration_s: float
    start_s: float


class Probe(Model):
    """A file as a player finds it. `is_fast_start`: the index stands before the media."""

    video: VideoStream | None
    audio: AudioStream | None
    duration_s: float
    size_bytes: int
    is_fast_start: bool


def probe(path: Path) -> Probe:
    """Read the file's headers and packets; nothing is decoded.

    Raises:
        RenderError: the file cannot be read.
    """
    try:
        with av.open(str(path)) as container:
            video = _video(container) if container.streams.video else None
            audio = _audio(container) if container.streams.audio else None
            duration_s = (container.duration or 0) / av.time_base
    except (av.FFmpegError, OSError) as error:
        raise RenderError(f"The file {path.name} cannot be read: {error}.") from error
    return Probe(
        video=video,
        audio=audio,
        duration_s=duration_s,
        size_bytes=path.stat().st_size,
        is_fast_start=_is_fast_start(path),
    )


def check(
    path: Path,
    *,
    frames: int,
    size_px: tuple[int, int],
    fps: int,
    sound: bool = True,
) -> Probe:
    """Make sure that a finished video is what was promised; returns what was found.

    Raises:
        CheckFailed: it is not; the message lists every fault in plain words.
        RenderError: the file cannot be read.
    """
    found = probe(path)
    faults = [*_video_faults(found.video, frames, size_px, fps)]
    if sound:
        faults += _sound_faults(found, frames / fps)
    if not found.is_fast_start:
        faults.append("its index stands behind the media, so playing starts late")
    if found.video and all(luma < _BLACK_LUMA for luma in _keyframe_lumas(path)):
        faults.append("every picture that was looked at is black")
    if faults:
        raise CheckFailed(f"The finished video {path.name} is wrong: {'; '.join(faults)}.")
    return found


def poster(path: Path, at_s: float, to: Path) -> Path:
    """Write the frame shown at `at_s` as a JPEG; returns `to`.

    Raises:
        RenderError: the file has no frame there.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            base = stream.time_base or Fraction(1, av.time_base)
            container.seek(int(at_s / base), stream=stream)
            shown = None
            for frame in container.decode(stream):
                if shown is not None and frame.time is not None and frame.time > at_s + 1e-6:
                    break
                shown = frame
    except (av.FFmpegError, IndexError, OSError) as error:
        raise RenderError(f"The file {path.name} cannot be read: {error}.") from error
    if shown is None:
        raise RenderError(f"The file {path.name} has no frame at {at_s:.2f} s.")
    rgb = shown.to_ndarray(format="rgb24")
    Image.fromarray(rgb).save(to, "JPEG", quality=_POSTER_QUALITY, optimize=True)
    return to


def _video(container: InputContainer) -> VideoStream:
    stream = container.streams.video[0]
    base = stream.time_base or Fraction(1, av.time_base)
    rate = stream.average_rate or Fraction(0)
    packets = [p for p in container.demux(stream) if p.size and p.pts is not None]
    stamps = sorted(p.pts * base for p in packets if p.pts is not None)
    start = stamps[0] if stamps else Fraction(0)
    context = stream.codec_context
    return VideoStream(
        codec=context.name,
        profile=context.profile or "",
        pixel_format=context.pix_fmt or "",
        size_px=(context.width, context.height),
        fps=float(rate),
        frames=len(packets),
        duration_s=float(stream.duration * base) if stream.duration else 0.0,
        start_s=float(start),
        is_even=bool(rate) and all(s == n / rate for n, s in enumerate(stamps)),
        keyframes=tuple(round((p.pts or 0) * base * rate) for p in packets if p.is_keyframe),
        colour_space=int(context.colorspace),
    )


def _audio(container: InputContainer) -> AudioStream:
    stream = container.streams.audio[0]
    base = stream.time_base or Fraction(1, av.time_base)
    return AudioStream(
        codec=stream.codec_context.name,
        rate_hz=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        duration_s=float(stream.duration * base) if stream.duration else 0.0,
        start_s=float((stream.start_time or 0) * base),
    )


def _video_faults(
    video: VideoStream | None, frames: int, size_px: tuple[int, int], fps: int
) -> Sequence[str]:
    if video is None:
        return ["it has no picture"]
    wanted: list[tuple[str, Any, Any]] = [
        ("codec", video.codec, "h264"),
        ("pixel format", video.pixel_format, "yuv420p"),
        ("size", video.size_px, size_px),
        ("frames", video.frames, frames),
        ("frames per second", video.fps, float(fps)),
        ("first time stamp", video.start_s, 0.0),
    ]
    faults = [f"{name} is {is_}, not {should}" for name, is_, should in wanted if is_ != should]
    if not video.is_even:
        faults.append("its time stamps are not one frame apart")
    return faults


def _sound_faults(found: Probe, duration_s: float) -> Sequence[str]:
    audio = found.audio
    if audio is None:
        return ["it has no sound"]
    faults = []
    if audio.codec != "aac":
        faults.append(f"its sound is {audio.codec}, not aac")
    if abs(audio.duration_s - duration_s) > MAX_DRIFT_S + _AAC_FRAME_S:
        faults.append(f"its sound lasts {audio.duration_s:.3f} s, its picture {duration_s:.3f} s")
    if abs(audio.start_s) > MAX_DRIFT_S:
        faults.append(f"its sound starts at {audio.start_s:.3f} s")
    return faults


def _keyframe_lumas(path: Path) -> list[float]:
    """Mean luma of every key frame; one in two seconds is enough to see a black video."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        return [float(np.mean(_luma(frame))) for frame in container.decode(stream)]


def _luma(frame: av.VideoFrame) -> Any:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width : 4]


def _is_fast_start(path: Path) -> bool:
    """Whether `moov` comes before `mdat` among the file's boxes."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind in (b"moov", b"mdat"):
                return kind == b"moov"
            skip = int.from_bytes(file.read(8), "big") - 16 if size == 1 else size - 8
            if skip < 0:
                return False
            file.seek(skip, 1)
    return False
