"""Air that passes from left to right: a band of noise that rises, and falls after the cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reels.loudness import RATE, Samples

_BEFORE_S, _AFTER_S = 0.30, 0.18
#: The middle of the band at the start, at the cut and at the end.
_LOW_HZ, _HIGH_HZ, _END_HZ = 260.0, 1900.0, 700.0
_OCTAVES = 0.85
_WINDOW = 1024
_HOP = _WINDOW // 4
#: How far to either side it is heard, 1 being one side alone.
_WIDTH = 0.55
_PEAK = 0.5

_Floats = NDArray[np.float64]


class Whoosh:
    """Half a second, loudest at the cut."""

    name = "whoosh"
    version = "1"
    lead_s = _BEFORE_S

    def samples(self) -> Samples:
        """An array of (2, 23040)."""
        size = round((_BEFORE_S + _AFTER_S) * RATE)
        at_s = np.arange(size) / RATE
        near = np.random.default_rng(11).standard_normal(size + 2 * _WINDOW)
        far = np.random.default_rng(12).standard_normal(size + 2 * _WINDOW)
        air = np.stack([_swept(near), _swept(0.6 * near + 0.8 * far)])
        air = air[:, _WINDOW : _WINDOW + size] * _swell(at_s) * _sides(at_s)
        return np.asarray(_PEAK * air / np.abs(air).max(), np.float32)


def _swept(noise: _Floats) -> _Floats:
    """Only what is near the band's middle, which moves."""
    window = np.sin(np.pi * (np.arange(_WINDOW) + 0.5) / _WINDOW)
    octave = np.log2(np.maximum(np.fft.rfftfreq(_WINDOW, 1 / RATE), 1.0))
    out = np.zeros_like(noise)
    for start in range(0, len(noise) - _WINDOW + 1, _HOP):
        middle = np.log2(_middle_hz((start - _WINDOW / 2) / RATE))
        band = np.exp(-0.5 * ((octave - middle) / _OCTAVES) ** 2)
        piece = noise[start : start + _WINDOW] * window
        out[start : start + _WINDOW] += np.fft.irfft(np.fft.rfft(piece) * band) * window
    return out


def _middle_hz(at_s: float) -> float:
    turns = np.log([_LOW_HZ, _HIGH_HZ, _END_HZ])
    return float(np.exp(np.interp(at_s, [0.0, _BEFORE_S, _BEFORE_S + _AFTER_S], turns)))


def _swell(at_s: _Floats) -> _Floats:
    rise = np.clip(at_s / _BEFORE_S, 0, 1)
    fall = np.clip((_BEFORE_S + _AFTER_S - at_s) / _AFTER_S, 0, 1)
    return np.asarray(np.sin(np.pi / 2 * rise) ** 3 * np.sin(np.pi / 2 * fall) ** 2)


def _sides(at_s: _Floats) -> _Floats:
    way = _WIDTH * (2 * at_s / (_BEFORE_S + _AFTER_S) - 1)
    angle = (way + 1) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)])
