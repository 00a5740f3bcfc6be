"""Small clips for tests, made by the real ffmpeg, whose frames tell their own numbers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reels import ffmpeg
from reels.clips import ClipReader
from reels.models import Fit
from reels.planes import Plane, Planes, empty
from reels.timeline import Media

SIZE = (160, 96)
_BITS = 8
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


def numbered(to: Path, frames: int, fps: float = 30, args: Iterable[str] = H264) -> Media:
    """A clip whose frame n shows n in binary, as eight bars, the lowest bit at the left."""
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x96", "-r", str(fps), "-i", "pipe:0"]
    ffmpeg.run([*raw, *args, to.name], to.parent, 60, stdin=(_bars(n) for n in range(frames)))
    return Media.of(to)


def made(to: Path, *args: str) -> Media:
    """A clip made by ffmpeg's own sources and filters."""
    ffmpeg.run([*args, to.name], to.parent, 60)
    return Media.of(to)


def pictured(to: Path, rgb: NDArray[np.uint8], *args: str) -> Media:
    """A clip of 3 frames that show one RGB or RGBA picture, or of several pictures."""
    pictures = rgb if rgb.ndim == 4 else np.stack([rgb] * 3)
    height, width, channels = pictures.shape[1:]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24" if channels == 3 else "rgba"]
    raw += ["-s", f"{width}x{height}", "-r", "30", "-i", "pipe:0"]
    ffmpeg.run([*raw, *args, to.name], to.parent, 60, stdin=(p.tobytes() for p in pictures))
    return Media.of(to)


def read(
    media: Media,
    work: Path,
    count: int = 1,
    *,
    size_px: tuple[int, int] = SIZE,
    fps: int = 30,
    fit: Fit = "cover",
    from_s: float = 0.0,
    offset: int = 0,
    group: ffmpeg.Group | None = None,
) -> list[Planes]:
    """The next `count` frames, each in planes of its own."""
    with ClipReader(media, size_px, fps, fit, from_s, offset, work, group=group) as reader:
        frames = [empty(size_px) for _ in range(count)]
        for frame in frames:
            reader.read(frame)
    return frames


def numbers(frames: Iterable[Planes]) -> list[int]:
    """What the bars of each frame say."""
    return [_number(frame.y) for frame in frames]


def _bars(number: int) -> bytes:
    bits = [255 * (number >> bit & 1) for bit in range(_BITS)]
    row = np.repeat(np.array(bits, np.uint8), SIZE[0] // _BITS)
    return np.tile(row, (SIZE[1], 1)).tobytes()


def _number(luma: Plane) -> int:
    bar = luma.shape[1] / _BITS
    middle = luma[luma.shape[0] // 2 - 4 : luma.shape[0] // 2 + 4]
    spots = (middle[:, round(bar * (n + 0.3)) : round(bar * (n + 0.7))] for n in range(_BITS))
    return sum(int(spot.mean() > 128) << n for n, spot in enumerate(spots))
