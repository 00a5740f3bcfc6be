"""Cepstral features of speech (MFCC with deltas), in numpy alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from reels.words.sound import HOP_S, Samples

Floats = npt.NDArray[np.float64]

RATE_HZ = 16_000
_WINDOW_S, _FFT = 0.025, 512
_BANDS, _KEPT, _LOW_HZ, _HIGH_HZ = 40, 16, 80.0, 7600.0
_PRE_EMPHASIS = 0.97
_DELTA_WEIGHT, _LEVEL_WEIGHT = 1.0, 1.0
_FLOOR_BELOW_PEAK_DB = 60.0


def features(sound: Samples) -> npt.NDArray[np.float32]:
    """One row per `HOP_S` of 16 kHz speech: normalised cepstra, level, and their slopes.

    Row n looks at the time around `n * HOP_S`; there are `len(sound) // hop + 1` rows.
    """
    cepstra = _cepstra(sound)
    spread = cepstra.std(axis=0)
    normal = (cepstra - cepstra.mean(axis=0)) / np.where(spread > 1e-6, spread, 1.0)
    normal[:, 0] *= _LEVEL_WEIGHT
    rows = np.concatenate([normal, _DELTA_WEIGHT * _slopes(normal)], axis=1)
    return np.asarray(rows / np.sqrt(rows.shape[1]), dtype=np.float32)


def _cepstra(sound: Samples) -> Floats:
    hop, window = round(HOP_S * RATE_HZ), round(_WINDOW_S * RATE_HZ)
    emphasised = np.append(sound[:1], sound[1:] - _PRE_EMPHASIS * sound[:-1])
    padded = np.pad(emphasised, (window // 2, window))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(sound) + 1 : hop]
    power = np.abs(np.fft.rfft(frames * np.hamming(window), _FFT)) ** 2
    energies = power @ _mel_bands().T
    floor = energies.max() * 10 ** (-_FLOOR_BELOW_PEAK_DB / 10) + 1e-12
    return np.asarray(np.log(np.maximum(energies, floor)) @ _cosines().T)


def _slopes(rows: Floats) -> Floats:
    """The regression slope over two rows on either side, scaled to the rows' own spread."""
    padded = np.pad(rows, ((2, 2), (0, 0)), mode="edge")
    slopes = 2 * (padded[4:] - padded[:-4]) + (padded[3:-1] - padded[1:-3])
    spread = slopes.std(axis=0)
    return np.asarray(slopes / np.where(spread > 1e-6, spread, 1.0))


@cache
def _mel_bands() -> Floats:
    """Triangular filters, evenly spaced in mel (O'Shaughnessy's formula)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOW_HZ, _HIGH_HZ))
    centres = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_FFT, 1 / RATE_HZ)
    rising = (bins - centres[:-2, None]) / (centres[1:-1] - centres[:-2])[:, None]
    falling = (centres[2:, None] - bins) / (centres[2:] - centres[1:-1])[:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


@cache
def _cosines() -> Floats:
    """The discrete cosine transform (type II) to the first `_KEPT` cepstra."""
    angles = np.pi / _BANDS * (np.arange(_BANDS) + 0.5)
    return np.asarray(np.cos(np.arange(_KEPT)[:, None] * angles))
