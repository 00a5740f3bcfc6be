"""Reads and writes the WAV files of these tests."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reels.models import Word

Floats = npt.NDArray[np.float64]


def read_wav(path: Path) -> tuple[Floats, int]:
    """Samples from -1 to 1 and the rate of a mono 16-bit file."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return pcm / 32768.0, file.getframerate()


def write_wav(path: Path, samples: Floats, rate_hz: int = 48_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def assert_covers(words: tuple[Word, ...] | None, line: str, duration_s: float) -> None:
    """One word per white-space separated word, in order, not overlapping, inside the audio."""
    assert words is not None
    assert [word.text for word in words] == line.split()
    previous_s = 0.0
    for word in words:
        assert previous_s <= word.start_s < word.end_s <= duration_s + 1e-4
        previous_s = word.end_s
