"""What a media file really is: its streams, and the packets that they are made of."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream as Stream
from numpy.typing import NDArray

from reels.errors import RenderError
from reels.models import Model

_IDR = 5


class VideoStream(Model):
    """The first video stream. `is_even` says that time stamps are one frame apart, from 0.

    Colours are numbers of ITU-T H.273 (1 is BT.709 in all three), 2 where untold; `range` is
    1 for limited, 2 for full. `keyframes` are those that are IDR pictures, from which a
    player can start.
    """

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
    colour_primaries: int
    colour_transfer: int
    colour_range: int


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


class Packets(NamedTuple):
    """The sizes of the packets in bytes: one for each frame of the video, in the order in
    which they are shown, and of the sound, with the seconds at which each is heard."""

    frames: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    sound: NDArray[np.int64]
    sound_at_s: NDArray[np.float64]


def probe(path: Path) -> Probe:
    """Read the file's headers and packets; nothing is decoded.

    Raises:
        RenderError: the file cannot be read.
    """
    return scan(path)[0]


def scan(path: Path) -> tuple[Probe, Packets]:
    """As `probe`, with the packets. Raises RenderError."""
    try:
        with av.open(str(path)) as container:
            pictures, sounds = _packets(container)
            streams = container.streams
            found = Probe(
                video=_video(streams.video[0], pictures) if streams.video else None,
                audio=_audio(container) if streams.audio else None,
                duration_s=(container.duration or 0) / av.time_base,
                size_bytes=path.stat().st_size,
                is_fast_start=_is_fast_start(path),
            )
    except (av.FFmpegError, OSError) as error:
        raise RenderError(f"The file {path.name} cannot be read: {error}.") from error
    return found, Packets(
        frames=np.array([each.size for each in pictures], np.int64),
        is_key=np.array([each.is_key for each in pictures], np.bool_),
        sound=np.array([each.size for each in sounds], np.int64),
        sound_at_s=np.array([float(each.at) for each in sounds], np.float64),
    )


class _Packet(NamedTuple):
    at: Fraction
    size: int
    is_key: bool


def _packets(container: InputContainer) -> tuple[list[_Packet], list[_Packet]]:
    """Those of the first video and of the first audio stream, each in order of time."""
    firsts = [
        streams[0] for streams in (container.streams.video, container.streams.audio) if streams
    ]
    found: dict[str, list[_Packet]] = {"video": [], "audio": []}
    for packet in container.demux(firsts):
        if packet.size and packet.pts is not None:
            is_h264 = packet.stream.codec_context.name == "h264"
            is_key = packet.is_keyframe and (not is_h264 or _is_idr(bytes(packet)))
            at = packet.pts * packet.time_base
            found[packet.stream.type].append(_Packet(at, packet.size, is_key))
    return sorted(found["video"]), sorted(found["audio"])


def _is_idr(picture: bytes) -> bool:
    """Whether an H.264 picture, as MP4 holds it, is one from which all can be decoded."""
    at = 0
    while at + 4 < len(picture):
        if picture[at + 4] & 0x1F == _IDR:
            return True
        at += 4 + int.from_bytes(picture[at : at + 4], "big")
    return False


def _video(stream: Stream, packets: list[_Packet]) -> VideoStream:
    base = stream.time_base or Fraction(1, av.time_base)
    rate = stream.average_rate or Fraction(0)
    context = stream.codec_context
    return VideoStream(
        codec=context.name,
        profile=context.profile or "",
        pixel_format=context.pix_fmt or "",
        size_px=(context.width, context.height),
        fps=float(rate),
        frames=len(packets),
        duration_s=float(stream.duration * base) if stream.duration else 0.0,
        start_s=float(packets[0].at) if packets else 0.0,
        is_even=bool(rate) and all(each.at == n / rate for n, each in enumerate(packets)),
        keyframes=tuple(number for number, each in enumerate(packets) if each.is_key),
        colour_space=int(context.colorspace),
        colour_primaries=int(context.color_primaries),
        colour_transfer=int(context.color_trc),
        colour_range=int(context.color_range),
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
