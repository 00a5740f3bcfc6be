"""Loudness and true peak by ITU-R BS.1770-4, on arrays and on finished files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reels import ffmpeg
from reels.errors import CheckFailed
from reels.models import Loudness

RATE = 48_000
#: Of a sound that never passes the gate: silence.
SILENT_LUFS = -70.0

Samples = NDArray[np.float32]

#: BS.1770-4, tables 1 and 2: the shelf and the high pass of the K weighting at 48 kHz.
_SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (-1.69065929318241, 0.73248077421585),
)
_HIGH_PASS = ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621))

_BLOCK_S, _HOP_S = 0.4, 0.1
_HOP = round(_HOP_S * RATE)
#: Length after which the weighting filter's answer to a click has died away.
_TAIL = RATE // 4

_PHASES, _TAPS = 4, 24


class Meter:
    """Integrated loudness of a sound that comes in pieces, each a multiple of 100 ms long.

    Pieces are arrays of (channels, samples) at 48 kHz; only the last may be of any length.
    """

    def __init__(self) -> None:
        self._tail: Samples | None = None
        self._hops: list[float] = []

    def add(self, piece: Samples) -> None:
        before = np.zeros((piece.shape[0], _TAIL), np.float32) if self._tail is None else self._tail
        joined = np.concatenate([before, piece], axis=1)
        weighted = _k_weighted(joined)[:, _TAIL:]
        whole = weighted.shape[1] // _HOP
        squares = np.square(weighted[:, : whole * _HOP]).reshape(piece.shape[0], whole, _HOP)
        self._hops.extend(squares.mean(axis=2).sum(axis=0).tolist())
        self._tail = joined[:, -_TAIL:]

    def integrated_lufs(self) -> float:
        """Gated at -70 LUFS and at 10 LU under the mean; SILENT_LUFS when nothing passes."""
        hops = np.array(self._hops)
        window = round(_BLOCK_S / _HOP_S)
        if len(hops) < window:
            # Shorter than one gating block: what there is counts as the block.
            return _lufs(float(hops.mean())) if len(hops) else SILENT_LUFS
        blocks = np.convolve(hops, np.ones(window) / window, "valid")
        blocks = blocks[blocks > _energy(SILENT_LUFS)]
        if not len(blocks):
            return SILENT_LUFS
        blocks = blocks[blocks > blocks.mean() / 10]
        return _lufs(float(blocks.mean()))


def loudness_of(samples: Samples) -> float:
    """Integrated loudness of a whole array of (channels, samples), in LUFS."""
    meter = Meter()
    meter.add(samples)
    return meter.integrated_lufs()


def true_peaks(channel: Samples) -> Samples:
    """The largest of four values between each sample and the next (BS.1770-4, annex 2)."""
    peaks = np.abs(channel)
    for phase in _interpolators()[1:]:
        np.maximum(peaks, np.abs(np.convolve(channel, phase, "same")), out=peaks)
    return peaks


def measure(path: Path, timeout_s: float = 120.0) -> Loudness:
    """Loudness, true peak and range of a file's sound, by ffmpeg's EBU R128 meter.

    Raises:
        CheckFailed: the file has no sound that can be measured.
        RenderError: the file cannot be read.
    """
    args = [
        "-loglevel", "info", "-protocol_whitelist", "file,pipe", "-i", f"file:{path.resolve()}",
        "-map", "0:a:0", "-filter:a", "ebur128=peak=true:framelog=quiet", "-f", "null", "-",
    ]  # fmt: skip
    log = ffmpeg.run(args, path.parent, timeout_s)
    summary = log[log.rfind("Summary:") :]
    found = {
        name: re.search(rf"{label}:\s+(-?[\d.]+|-?inf|nan)", summary)
        for name, label in (("i", "I"), ("range", "LRA"), ("peak", "Peak"))
    }
    if not all(found.values()):
        raise CheckFailed(f"The loudness of {path.name} could not be measured.")
    value = {name: float(match[1]) for name, match in found.items() if match}
    return Loudness(
        integrated_lufs=max(value["i"], SILENT_LUFS),
        true_peak_dbtp=max(value["peak"], -120.0),
        range_lu=value["range"],
    )


def _lufs(energy: float) -> float:
    return -0.691 + 10 * float(np.log10(energy)) if energy > 1e-10 else SILENT_LUFS


def _energy(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _k_weighted(samples: Samples) -> NDArray[np.float64]:
    """The filters applied in the frequency domain, with silence after so nothing wraps."""
    size = _fast_size(samples.shape[1] + _TAIL)
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    answer = _answer(_SHELF, turn) * _answer(_HIGH_PASS, turn)
    spectrum = np.fft.rfft(samples, size, axis=1) * answer
    return np.fft.irfft(spectrum, size, axis=1)[:, : samples.shape[1]]


def _answer(
    filter_: tuple[tuple[float, ...], tuple[float, ...]], turn: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    (b0, b1, b2), (a1, a2) = filter_
    return np.asarray((b0 + b1 * turn + b2 * turn**2) / (1 + a1 * turn + a2 * turn**2))


def _fast_size(least: int) -> int:
    """The next size of the form 2^n or 3 * 2^n, for which an FFT is quick."""
    power = 1 << (least - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= least else power


@cache
def _interpolators() -> tuple[Samples, ...]:
    """Windowed sincs that read a signal at 0, 1/4, 1/2 and 3/4 of a sample further on."""
    at = np.arange(-_TAPS // 2 + 1, _TAPS // 2 + 1)
    phases = []
    for phase in range(_PHASES):
        x = at - phase / _PHASES
        window = np.cos(np.pi * x / (_TAPS + 2)) ** 2
        taps = np.sinc(x) * window
        phases.append((taps / taps.sum()).astype(np.float32))
    return tuple(phases)
