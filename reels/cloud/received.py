"""Sounds as services send them: looked at, decoded with care, and written as WAV."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from reels.errors import BadOutput, ProviderError, RenderError
from reels.loudness import RATE, Samples
from reels.pcm import Sound
from reels.sounds import decode

_BLOCK = 10 * RATE
_SILENT = 1e-4
_SIGNS = (b"ID3", b"RIFF", b"OggS", b"fLaC")


def save_speech(data: bytes, to: Path, *, provider: str) -> float:
    """Write a sound as WAV (mono, 16 bit, 48 kHz); returns its seconds.

    Raises:
        BadOutput: it is no sound, or silent.
        ProviderError: `to` cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="received-") as folder:
        raw = Path(folder) / "sound.f32"
        _decode(data, raw, 1, provider)
        samples = np.fromfile(raw, np.float32)
    if np.abs(samples).max() < _SILENT:
        raise BadOutput(provider, "The speech that came is silent.")
    _write(to, 1, [samples[None, :]], provider)
    return len(samples) / RATE


def save_music(data: bytes, to: Path, *, seconds: float, fade_s: float, provider: str) -> None:
    """Write a sound as WAV (stereo, 16 bit, 48 kHz) that lasts `seconds` and fades at its end.

    A shorter one is repeated over soft seams.

    Raises:
        BadOutput: it is no sound.
        ProviderError: `to` cannot be written.
    """
    wanted = round(seconds * RATE)
    with tempfile.TemporaryDirectory(prefix="received-") as folder:
        raw = Path(folder) / "sound.f32"
        sound = Sound(raw, _decode(data, raw, 2, provider))
        # Services miss a length by parts of a second: that is no reason to start anew.
        near = sound.samples >= wanted - RATE
        end = min(wanted, sound.samples) if near else wanted
        read = sound.samples_between if near else sound.looped
        blocks = (
            read(start, min(start + _BLOCK, wanted)) * _fade(start, end, fade_s)[: wanted - start]
            for start in range(0, wanted, _BLOCK)
        )
        _write(to, 2, blocks, provider)


def _fade(start: int, end: int, fade_s: float) -> Samples:
    left = (end - np.arange(start, start + _BLOCK)) / max(fade_s * RATE, 1.0)
    return np.asarray(np.sin(np.pi / 2 * np.clip(left, 0, 1)) ** 2, np.float32)


def _decode(data: bytes, raw: Path, channels: int, provider: str) -> int:
    # An MPEG frame starts with eleven bits that are set. Without this look the decoder, which
    # skips what it does not know, would find frames in any file.
    if not data.startswith(_SIGNS) and not (data[:1] == b"\xff" and data[1:2] >= b"\xe0"):
        kind = "text" if data[:1] in (b"{", b"[", b"<", b'"') else "something else"
        raise BadOutput(provider, f"{kind.capitalize()} came in place of a sound.")
    source = raw.with_name("answer")
    try:
        source.write_bytes(data)
        return decode(source, raw, rate_hz=RATE, channels=channels)
    except RenderError as error:
        raise BadOutput(provider, "What came in place of a sound cannot be decoded.") from error
    except OSError as error:
        raise ProviderError(provider, f"The sound cannot be kept: {error.strerror}.") from error


def _write(to: Path, channels: int, blocks: Iterable[Samples], provider: str) -> None:
    try:
        with to.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(RATE)
            for block in blocks:
                pcm = np.rint(np.clip(block, -1, 1) * 32767).astype("<i2")
                out.writeframes(np.ascontiguousarray(pcm.T).tobytes())
    except OSError as error:
        raise ProviderError(provider, f"{to.name} cannot be written: {error.strerror}.") from error
