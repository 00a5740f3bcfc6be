"""Sounds of users decoded with care: by a child that opens no other file, within limits."""

from __future__ import annotations

from pathlib import Path

from reels import ffmpeg
from reels.errors import FfmpegFailed, FfmpegKilled, FfmpegTimedOut, RenderError
from reels.limits import (
    LOOK_TIMEOUT_S,
    MAX_MEDIA_S,
    SOUND_DECODERS,
    SOUND_FORMATS,
    UNTRUSTED_SOUND,
)

_SAMPLE_BYTES = 4
_REMEDY = "Use a WAV, MP3, M4A, FLAC or OGG file."
_REASONS = (
    ("matches no streams", "it holds no sound"),
    ("ot on whitelist", "its format is not one that is taken"),
    ("moov atom not found", "it is not a whole file"),
    ("Invalid data found", "it is not a sound, or broken"),
    ("received no packets", "nothing in it can be decoded"),
)


def decode(source: Path, to: Path, *, rate_hz: int, channels: int) -> int:
    """Decode the first sound of `source` into the raw file `to`: interleaved 32-bit floats.

    Returns the samples of each channel. Gaps between time stamps are closed.

    Raises:
        RenderError: `source` holds no sound that can be decoded, or one that is too long.
    """
    args = [
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(SOUND_FORMATS)),
        *("-codec_whitelist", ",".join(SOUND_DECODERS), "-threads", "1", "-vn", "-sn", "-dn"),
        *("-i", f"file:{source.resolve()}", "-map", "0:a:0", "-af", "asetpts=N/SR/TB"),
        *("-t", str(MAX_MEDIA_S + 1), "-max_error_rate", "1"),
        *("-ac", str(channels), "-ar", str(rate_hz), "-f", "f32le", f"file:{to.resolve()}"),
    ]
    try:
        ffmpeg.run(args, to.parent, LOOK_TIMEOUT_S, limits=UNTRUSTED_SOUND)
        samples = to.stat().st_size // (_SAMPLE_BYTES * channels)
    except FfmpegTimedOut as error:
        raise FfmpegTimedOut(f"The sound {source.name} takes too long. {error.message}") from error
    except FfmpegKilled:
        raise
    except (FfmpegFailed, OSError) as error:
        raise RenderError(
            f"The sound {source.name} cannot be read: {_reason(error)}.", remedy=_REMEDY
        ) from error
    if samples > MAX_MEDIA_S * rate_hz:
        raise RenderError(f"The sound {source.name} is longer than two hours.")
    if samples == 0:
        raise RenderError(f"The sound {source.name} is empty.", remedy=_REMEDY)
    return samples


def _reason(error: FfmpegFailed | OSError) -> str:
    """ffmpeg's own words name files of ours, so they stay in the cause."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    found = (reason for sign, reason in _REASONS if sign in error.stderr_tail)
    return next(found, "it is broken")
