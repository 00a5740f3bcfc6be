"""Makes the engine's raw speech pleasant: equaliser, resampling, compression, level, trim.

All of it is numpy and gives the same samples for the same input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Samples: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

RATE_HZ = 48_000
LEAD_S = 0.04
TAIL_S = 0.12
SPEECH_RMS_DBFS = -20.0
PEAK_DBFS = -2.0

#: Gain by frequency. espeak-ng rumbles below its lowest pitch, booms around 300 Hz and is
#: harsh above 3 kHz; the curve ends in silence where its band ends.
_CURVE_HZ = (20, 50, 80, 110, 200, 320, 600, 1500, 2500, 3500, 5500, 8000, 9800, 10500, 11000)
_CURVE_DB = (-60, -30, -9, 0, 1.5, -0.5, 0, 0, 0, -2, -4, -4.5, -6.5, -19, -90)

_THRESHOLD_DB, _RATIO = -26.0, 2.2
_HOP_S, _ATTACK_S, _RELEASE_S = 0.005, 0.010, 0.120
_SILENCE_BELOW_PEAK_DB = -45.0


@dataclass(frozen=True)
class Polished:
    """Speech at 48 kHz; `moved_s` is to be added to every time of the raw speech."""

    samples: Samples
    moved_s: float

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ


def polish(raw: Samples, rate_hz: int) -> Polished:
    """Raw speech (-1 to 1, not silent) as it goes into the video."""
    speech = _shape(raw, rate_hz)
    speech = _compress(speech * _gain_to_level(speech))
    speech = _limit(speech * _gain_to_level(speech))
    return _trim(speech)


def _shape(raw: Samples, rate_hz: int) -> Samples:
    """Equalise and resample in one go in the frequency domain (zero phase, band-limited)."""
    divisor = int(np.gcd(rate_hz, RATE_HZ))
    count_in, count_out = rate_hz // divisor, RATE_HZ // divisor
    blocks = _smooth_number(-(-(len(raw) + rate_hz // 5) // count_in))
    spectrum = np.fft.rfft(raw, blocks * count_in)
    frequencies = np.fft.rfftfreq(blocks * count_in, 1 / rate_hz)
    curve_db = np.interp(np.log(np.maximum(frequencies, 1.0)), np.log(_CURVE_HZ), _CURVE_DB)
    shaped = np.zeros(blocks * count_out // 2 + 1, dtype=np.complex128)
    kept = min(len(spectrum), len(shaped))
    shaped[:kept] = (spectrum * 10 ** (curve_db / 20))[:kept]
    speech = np.fft.irfft(shaped, blocks * count_out) * (count_out / count_in)
    return speech[: round(len(raw) * count_out / count_in) + RATE_HZ // 20]


def _smooth_number(at_least: int) -> int:
    """The next number that has no prime factor above 5: its transform is fast."""
    number = at_least
    while True:
        rest = number
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return number
        number += 1


def _levels(speech: Samples) -> Samples:
    """Mean square of each hop."""
    hop = round(_HOP_S * RATE_HZ)
    padded = np.pad(speech, (0, -len(speech) % hop))
    return np.asarray(np.mean(padded.reshape(-1, hop) ** 2, axis=1))


def _gain_to_level(speech: Samples) -> float:
    """To the target over what sounds: pauses do not count."""
    levels = _levels(speech)
    sounding = levels[levels > levels.max() * 10 ** (_SILENCE_BELOW_PEAK_DB / 10)]
    return float(10 ** (SPEECH_RMS_DBFS / 20) / np.sqrt(sounding.mean()))


def _compress(speech: Samples) -> Samples:
    envelope = np.empty_like(levels := _levels(speech))
    attack, release = np.exp(-_HOP_S / np.array([_ATTACK_S, _RELEASE_S]))
    held = 0.0
    for index, level in enumerate(levels):
        keep = attack if level > held else release
        held = keep * held + (1 - keep) * level
        envelope[index] = held
    over_db = np.maximum(10 * np.log10(envelope + 1e-10) - _THRESHOLD_DB, 0)
    gain = 10 ** (-over_db * (1 - 1 / _RATIO) / 20)
    hop = round(_HOP_S * RATE_HZ)
    centres = np.arange(len(gain)) * hop + hop / 2
    return np.asarray(speech * np.interp(np.arange(len(speech)), centres, gain))


def _limit(speech: Samples) -> Samples:
    """Hold peaks at `PEAK_DBFS`: the least gain within 4 ms, smoothed over 4 ms."""
    reach = RATE_HZ // 250
    ceiling = 10 ** (PEAK_DBFS / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(np.abs(speech), 1e-9))
    least = sliding_window_view(np.pad(needed, reach, mode="edge"), 2 * reach + 1).min(axis=1)
    weights = np.hanning(2 * reach + 3)[1:-1]
    smooth = np.convolve(np.pad(least, reach, mode="edge"), weights / weights.sum(), mode="valid")
    return np.asarray(speech * smooth)


def _trim(speech: Samples) -> Polished:
    levels = _levels(speech)
    loud = np.flatnonzero(levels > levels.max() * 10 ** (_SILENCE_BELOW_PEAK_DB / 10))
    hop = round(_HOP_S * RATE_HZ)
    lead, tail = round(LEAD_S * RATE_HZ), round(TAIL_S * RATE_HZ)
    start, end = int(loud[0]) * hop - lead, (int(loud[-1]) + 1) * hop + tail
    kept = speech[max(start, 0) : end]
    padded = np.pad(kept, (max(-start, 0), max(end - len(speech), 0)))
    return Polished(padded, -start / RATE_HZ)
