"""The sounds of the bed, as plain numpy arrays at 48 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Mono = NDArray[np.float32]
Stereo = NDArray[np.float32]


def hertz(note: float) -> float:
    """The frequency of a MIDI note number."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def pad(note: float, seconds: float) -> Mono:
    """A slow, soft chord tone: two detuned stacks of harmonics that swell and go."""
    t = _time(seconds).astype(np.float32)
    voice = np.zeros_like(t)
    for cents, drift in ((-4.0, 0.11), (4.0, 0.17)):
        base = hertz(note + cents / 100)
        swell = np.sin(np.float32(2 * np.pi * drift) * t)
        for harmonic in range(1, 6):
            # Phases in turns, kept small, so that single precision is enough.
            turns = np.modf(np.float32(base * harmonic) * t)[0]
            level = harmonic**-1.7 * (1 + (0.3 if harmonic % 2 else -0.3) * swell)
            voice += level * np.sin(np.float32(2 * np.pi) * turns)
    return _shape(voice * 0.5, rise_s=0.9, fall_s=1.3)


def pluck(note: float, seconds: float = 1.4) -> Mono:
    """A soft mallet: high harmonics die first."""
    t = _time(seconds)
    base = hertz(note)
    voice = np.zeros_like(t)
    for harmonic, level in ((1, 1.0), (2, 0.35), (3, 0.16), (4, 0.06)):
        voice += (
            level * np.exp(-t * (2.8 + 2.4 * harmonic)) * np.sin(2 * np.pi * base * harmonic * t)
        )
    return _shape(voice, rise_s=0.006, fall_s=0.2)


def bass(note: float, seconds: float) -> Mono:
    """A round bass that keeps out of the voice's way."""
    t = _time(seconds)
    base = hertz(note)
    voice = np.sin(2 * np.pi * base * t) + 0.28 * np.sin(4 * np.pi * base * t)
    return _shape(voice * np.exp(-0.5 * t), rise_s=0.03, fall_s=0.25)


def kick() -> Mono:
    """A gentle thump that falls from 105 to 48 Hz."""
    t = _time(0.32)
    phase = 2 * np.pi * (48 * t + 57 / 28 * (1 - np.exp(-28 * t)))
    return _shape(np.sin(phase) * np.exp(-11 * t), rise_s=0.003, fall_s=0.05)


def shaker(random: np.random.Generator) -> Mono:
    """A breath of high noise."""
    t = _time(0.09)
    noise = np.diff(random.standard_normal(len(t) + 2), 2)
    return _shape(noise * np.exp(-55 * t) * 0.25, rise_s=0.012, fall_s=0.03)


def lay(loop: Stereo, sound: Mono, at_s: float, gain: float, side: float = 0.0) -> None:
    """Add `sound` to a loop from `at_s` on, around its end; `side` is -1 (left) to 1."""
    angle = (side + 1) * np.pi / 4
    size = loop.shape[1]
    start = round(at_s * RATE) % size
    for channel, level in enumerate((np.cos(angle), np.sin(angle))):
        scaled = sound * np.float32(level * gain)
        head = min(len(scaled), size - start)
        loop[channel, start : start + head] += scaled[:head]
        loop[channel, : len(scaled) - head] += scaled[head:]


def echo(loop: Stereo, delay_s: float, level: float) -> Stereo:
    """Two repeats that change sides."""
    delay = round(delay_s * RATE)
    first = np.roll(loop, delay, axis=1)[::-1] * level
    return np.asarray(loop + first + np.roll(first, delay, axis=1)[::-1] * level, np.float32)


def room(loop: Stereo, random: np.random.Generator, *, seconds: float, wet: float) -> Stereo:
    """A hall around a loop: its own decaying noise per side, laid around the loop's end."""
    size = loop.shape[1]
    length = min(size, round(2 * seconds * RATE))
    t = np.arange(length) / RATE
    decay = 10 ** (-3 * t / seconds) * np.minimum(1, t / 0.02)
    answers = np.zeros((2, size))
    answers[:, :length] = random.standard_normal((2, length)) * decay
    hall = np.fft.rfft(answers.astype(np.float32), axis=1)
    frequencies = np.fft.rfftfreq(size, 1 / RATE).astype(np.float32)
    # A hall swallows the highest and should not boom.
    hall *= 1 / (1 + (frequencies / 3500) ** 2) * frequencies / (frequencies + 180)
    hall /= np.sqrt((np.abs(hall) ** 2).mean(axis=1, keepdims=True)) + 1e-9
    sound = np.fft.irfft(np.fft.rfft(loop, axis=1) * (1 + wet * hall), size, axis=1)
    return np.asarray(sound, np.float32)


def smooth_size(least: int) -> int:
    """The next size of the form 2^a * 3^b * 5^c, at which an FFT is quick."""
    best = 1 << (least - 1).bit_length()
    for fives in (1, 5, 25, 125, 625):
        for threes in (1, 3, 9, 27, 81, 243):
            odd = fives * threes
            best = min(best, odd << max(0, -(-least // odd) - 1).bit_length())
    return best


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _shape(voice: NDArray[np.floating], *, rise_s: float, fall_s: float) -> Mono:
    t = np.arange(len(voice)) / RATE
    left = (len(voice) - np.arange(len(voice))) / RATE
    rise, fall = np.clip(t / rise_s, 0, 1), np.clip(left / fall_s, 0, 1)
    envelope = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
    return np.asarray(voice * envelope, np.float32)
