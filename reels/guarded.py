"""How a user's clip is opened by ffmpeg, and what ffmpeg's complaints mean to a person."""

from __future__ import annotations

from pathlib import Path

from reels.errors import FfmpegFailed, FfmpegKilled, FfmpegTimedOut, RenderError
from reels.limits import CLIP_DECODERS, CLIP_FORMATS, MAX_PIXELS

USE_ANOTHER = "Use an MP4, MOV, WebM, MKV, AVI, TS or GIF file."

#: What ffmpeg says, what it means, and what to do.
_REASONS = (
    ("exceeds", "it has more pixels than are taken", "Make it smaller: 8K at most."),
    ("matches no streams", "it has no moving picture", USE_ANOTHER),
    ("ot on whitelist", "its format is not one that is taken", USE_ANOTHER),
    ("Cannot allocate memory", "it needs too much memory", "Make it smaller: 4K is enough."),
    ("get_buffer() failed", "it needs too much memory", "Make it smaller: 4K is enough."),
    ("moov atom not found", "it is not a whole video", USE_ANOTHER),
    ("Invalid data found", "it is not a video, or broken", USE_ANOTHER),
    ("received no packets", "none of its pictures can be decoded", USE_ANOTHER),
)


def source(path: Path, decoder: str = "") -> list[str]:
    """ffmpeg's input arguments for a clip: nothing but its picture, and no other file.

    One thread: clips are decoded side by side, and each thread takes its own memory.
    """
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(CLIP_FORMATS)),
        *("-codec_whitelist", ",".join(CLIP_DECODERS), "-max_pixels", str(MAX_PIXELS)),
        *(("-c:v", decoder) if decoder else ()),
        *("-threads", "1", "-an", "-sn", "-dn", "-i", f"file:{path.resolve()}"),
    ]


def unreadable(path: Path, error: FfmpegFailed | FfmpegTimedOut) -> RenderError:
    """The failure of a child that read `path`, told to the one who chose the clip."""
    if isinstance(error, FfmpegTimedOut):
        return FfmpegTimedOut(
            f"The clip {path.name} takes too long to read. {error.message}",
            remedy="Encode it anew with a key frame every 2 s, or make it smaller.",
        )
    if isinstance(error, FfmpegKilled):
        return FfmpegKilled(f"While the clip {path.name} was read, {error.message}")
    for sign, reason, remedy in _REASONS:
        if sign in error.stderr_tail:
            return RenderError(f"The clip {path.name} cannot be read: {reason}.", remedy=remedy)
    # ffmpeg's own words name files of ours, so they stay in the cause.
    reason = "it is broken" if error.stderr_tail else error.message.rstrip(".")
    return RenderError(f"The clip {path.name} cannot be read: {reason}.", remedy=USE_ANOTHER)
