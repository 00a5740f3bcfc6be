"""The beats of a sound: where it gets louder at even distances.

Onsets are the rises of a spectrum's loudness (spectral flux); the tempo is the distance at
which they repeat; beats are the onsets that keep to it best, found by dynamic programming
(D. Ellis, "Beat Tracking by Dynamic Programming", 2007).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: The sound that is listened to: mono, at this rate.
RATE_HZ = 16_000
#: Frames of the envelope in a second, and the window of each.
_FPS = 100
_HOP, _WINDOW = RATE_HZ // _FPS, 512
#: A rise shows in the first window that reaches it: so far before the window's end.
_SEEN_LATE_S = 0.62 * _WINDOW / RATE_HZ
#: Where bands of the spectrum start, in bins of 31 Hz: even to the ear, so that a drum counts
#: as much as a cymbal.
_BANDS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 51, 64, 81, 102, 128, 161, 203)
#: Drums and basses tell the beat, so the bands below 250 Hz count for more.
_WEIGHTS = np.array([3.0 if start < 8 else 1.0 for start in _BANDS]) / len(_BANDS)
#: A rise that nobody hears.
_LEAST_SPREAD = 0.01
_BLOCK = 2_000
_SLOWEST_BPM, _FASTEST_BPM = 50, 210
#: People tap to this, by as many octaves.
_USUAL_BPM, _USUAL_OCTAVES = 115, 1.0
#: How much an uneven distance costs, against an onset of one standard deviation.
_TIGHTNESS = 100.0
#: Noise repeats by chance up to here, as a share of its power.
_LEAST_RHYTHM = 0.08
_LEAST_S = 3.0

Mono = NDArray[np.float32]
Envelope = NDArray[np.float64]


def beats(sound: Mono) -> tuple[float, ...]:
    """When the beats are, in seconds; empty when there is no rhythm. `sound` is at `RATE_HZ`.

    About 5 ms of work for a second of sound.
    """
    if len(sound) < _LEAST_S * RATE_HZ:
        return ()
    onsets = _onsets(sound)
    period = _period(onsets)
    if period is None:
        return ()
    return tuple(float(at) / _FPS + _SEEN_LATE_S for at in _tracked(onsets, period))


def _onsets(sound: Mono) -> Envelope:
    """How much louder each frame is than the one before, over its neighbourhood."""
    count = (len(sound) - _WINDOW) // _HOP + 1
    window = np.hanning(_WINDOW).astype(np.float32)
    flux, before = np.zeros(count), None
    for first in range(0, count, _BLOCK):
        many = min(_BLOCK, count - first)
        start = first * _HOP
        piece = np.asarray(sound[start : start + (many - 1) * _HOP + _WINDOW], np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(piece, _WINDOW)[::_HOP]
        heights = np.abs(np.fft.rfft(frames * window, axis=1))
        loud = np.log1p(np.add.reduceat(heights, _BANDS, axis=1))
        rises = np.diff(loud, axis=0, prepend=loud[:1] if before is None else before)
        flux[first : first + many] = np.maximum(rises, 0) @ _WEIGHTS
        before = loud[-1:]
    around = np.convolve(flux, np.ones(_FPS) / _FPS, "same")
    rises = np.maximum(flux - around, 0)
    spread = rises.std()
    return rises / spread if spread > _LEAST_SPREAD else np.zeros(count)


def _period(onsets: Envelope) -> float | None:
    """Frames from beat to beat; None when nothing repeats."""
    power = float(onsets @ onsets)
    if power <= 0:
        return None
    size = 1 << (2 * len(onsets) - 1).bit_length()
    spectrum = np.fft.rfft(onsets - onsets.mean(), size)
    repeats = np.fft.irfft(np.abs(spectrum) ** 2)[: len(onsets)]
    lags = np.arange(60 * _FPS // _FASTEST_BPM, min(60 * _FPS // _SLOWEST_BPM, len(onsets) - 2))
    # A beat that falls between two frames repeats in both.
    wide = repeats[lags - 1] / 2 + repeats[lags] + repeats[lags + 1] / 2
    octaves = np.log2(60 * _FPS / lags / _USUAL_BPM) / _USUAL_OCTAVES
    best = int(np.argmax(wide * np.exp(-0.5 * octaves**2)))
    if wide[best] < 2 * _LEAST_RHYTHM * repeats[0]:
        return None
    return _between(wide, best) + float(lags[0])


def _between(values: Envelope, best: int) -> float:
    """Where a parabola through a peak and its neighbours is highest."""
    if not 0 < best < len(values) - 1:
        return float(best)
    left, top, right = values[best - 1 : best + 2]
    bend = left - 2 * top + right
    return best + float(0.5 * (left - right) / bend) if bend < 0 else float(best)


def _tracked(onsets: Envelope, period: float) -> list[int]:
    """The frames of the beats: strong onsets about one period apart."""
    near, far = max(1, round(period / 2)), round(period * 2)
    back = np.arange(-far, -near + 1)
    uneven = -_TIGHTNESS * np.log(-back / period) ** 2
    scores, came_from = onsets.copy(), np.full(len(onsets), -1)
    for at in range(near, len(onsets)):
        skipped = max(0, far - at)
        found = uneven[skipped:] + scores[at + back[skipped] : at - near + 1]
        best = int(np.argmax(found))
        if found[best] > 0:
            scores[at] += found[best]
            came_from[at] = at + back[skipped + best]
    tail = len(onsets) - round(period)
    at, chain = tail + int(np.argmax(scores[tail:])), []
    while at >= 0:
        chain.append(at)
        at = int(came_from[at])
    return chain[::-1]
