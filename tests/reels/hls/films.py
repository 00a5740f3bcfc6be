"""Films of many kinds, made by the real ffmpeg."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reels import ffmpeg

#: Moving, and grainy all over, so that every second needs its bits.
GRAIN = "noise=alls=14:allf=t"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv420p")
TONE = ("-f", "lavfi", "-i", "sine=330:sample_rate=44100")


def film(
    to: Path,
    size: str = "270x480",
    rate: str = "30",
    seconds: float = 7,
    *,
    video: Sequence[str] = X264,
    sound: Sequence[str] = ("-c:a", "aac", "-b:a", "96k", "-ac", "2"),
    tone: Sequence[str] = TONE,
    filters: str = GRAIN,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> Path:
    """A film of ffmpeg's test picture, with a tone unless `tone` is empty."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}"]
    args = [*before, *picture, *tone, "-t", str(seconds), "-vf", filters, *video]
    ffmpeg.run([*args, *(sound if tone else ()), *after, to.name], to.parent, 120)
    return to


def rotated(to: Path, degrees: int) -> Path:
    """A film that says it is to be turned, as phones write it."""
    upright = film(to.with_name("upright.mp4"), "480x270", seconds=5)
    args = ["-display_rotation", str(degrees), "-i", upright.name, "-c", "copy", to.name]
    ffmpeg.run(args, to.parent, 60)
    return to


def uneven(to: Path) -> Path:
    """A film whose pictures come at 30 a second, and where some are missing."""
    return film(
        to,
        filters=f"{GRAIN},select='not(between(mod(n\\,17)\\,5\\,9))'",
        after=("-fps_mode", "vfr"),
    )


def with_keys(every: int, *more: str) -> tuple[str, ...]:
    """How a film is encoded that has an IDR picture every so many frames."""
    gop = ("-g", str(every), "-keyint_min", str(every), "-sc_threshold", "0", "-flags", "+cgop")
    return (*X264, "-profile:v", "high", "-preset", "veryfast", *gop, *more)
