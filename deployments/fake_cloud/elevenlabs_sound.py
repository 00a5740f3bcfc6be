"""Sounds that the fake ElevenLabs answers with: syllables, chords and a puff of air."""

from __future__ import annotations

import io
from itertools import accumulate
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 44_100
_PAUSES_S = {" ": 0.05, ",": 0.16, ";": 0.16, ":": 0.16, ".": 0.28, "!": 0.28, "?": 0.28, "—": 0.2}
_LETTER_S, _LEAD_S, _TAIL_S = 0.062, 0.05, 0.15
_VOWELS = frozenset("aeiouyäöüéèàаеёиоуыэюя")
_MP3_FRAME = 1152

Sound = NDArray[np.float32]
Layout = Literal["mono", "stereo"]


def spoken(text: str) -> tuple[Sound, list[float], list[float]]:
    """A text as syllable-like tones, with the start and the end of each character."""
    lengths = [_PAUSES_S.get(char, _LETTER_S) for char in text]
    ends = [_LEAD_S + at for at in accumulate(lengths)]
    starts = [end - length for end, length in zip(ends, lengths, strict=True)]
    sound = np.zeros(round((ends[-1] + _TAIL_S) * RATE_HZ), np.float32)
    noise = np.random.default_rng(len(text))
    for char, start, end in zip(text, starts, ends, strict=True):
        if char.isalnum():
            first, after = round(start * RATE_HZ), round(end * RATE_HZ)
            sound[first:after] = _letter(char.lower(), after - first, noise)
    return sound, [round(each, 3) for each in starts], [round(each, 3) for each in ends]


def _letter(char: str, size: int, noise: np.random.Generator) -> Sound:
    at_s = np.arange(size) / RATE_HZ
    swell = np.sin(np.pi * (np.arange(size) + 0.5) / size) ** 0.5
    if char not in _VOWELS and not char.isdigit():
        return np.asarray(0.12 * swell * noise.standard_normal(size), np.float32)
    pitch = 120 + 4 * (ord(char) % 12)
    tones = sum(np.sin(2 * np.pi * pitch * n * at_s) / n for n in (1, 2, 3, 5))
    return np.asarray(0.25 * swell * tones, np.float32)


def composed(seconds: float) -> Sound:
    """Chords, one every two seconds: an array of (2, samples)."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    roots = np.array([110.0, 87.3, 130.8, 98.0])[(at_s // 2).astype(int) % 4]
    tones = sum(np.sin(2 * np.pi * roots * ratio * at_s) for ratio in (1, 1.25, 1.5, 2))
    return np.asarray(np.stack([0.08 * tones, 0.07 * tones]), np.float32)


def puff(seconds: float) -> Sound:
    """Noise that swells and dies: an array of (2, samples)."""
    size = round(seconds * RATE_HZ)
    swell = np.sin(np.pi * np.arange(size) / size) ** 2
    return np.asarray(0.2 * swell * np.random.default_rng(1).standard_normal((2, size)), np.float32)


def encoded(sound: Sound, output_format: str) -> tuple[bytes, str]:
    """The sound as `pcm_44100`, or as MP3 for anything else, with its media type."""
    rows = np.atleast_2d(sound)
    if output_format == f"pcm_{RATE_HZ}":
        return np.rint(np.clip(rows.T, -1, 1) * 32767).astype("<i2").tobytes(), "audio/pcm"
    file = io.BytesIO()
    layout: Layout = "stereo" if len(rows) == 2 else "mono"
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE_HZ)
        stream.layout = layout
        stream.bit_rate = 128_000
        for first in range(0, rows.shape[1], _MP3_FRAME):
            block = np.ascontiguousarray(rows[:, first : first + _MP3_FRAME])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate = RATE_HZ
            frame.pts = first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue(), "audio/mpeg"


def sounding(data: bytes) -> tuple[float, float]:
    """Where in a WAV file of 16 bit, mono, there is sound: from when to when, in seconds."""
    import wave

    with wave.open(io.BytesIO(data)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        rate_hz = file.getframerate()
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300)
    return (float(loud[0]) / rate_hz, float(loud[-1]) / rate_hz) if len(loud) else (0.0, 0.01)
