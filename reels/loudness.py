"""Loudness and true peak by ITU-R BS.1770-4 and EBU R128, on arrays and on finished files."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

from reels.errors import CheckFailed, RenderError
from reels.models import Loudness

RATE = 48_000
#: Of a sound that never passes the gate: silence.
SILENT_LUFS = -70.0

Samples = NDArray[np.float32]

#: One gating block of BS.1770-4. Nothing shorter has a loudness by the book.
_BLOCK_S = 0.4
_LOWEST_PEAK_DBTP = -120.0
_PHASES, _TAPS = 4, 24


class Meter:
    """FFmpeg's EBU R128 meter, in this process, fed piece by piece.

    About 0.7 ms of work for a second of stereo, 3 ms with `true_peak`.
    """

    def __init__(self, *, true_peak: bool = False) -> None:
        self._peak = "true" if true_peak else "none"
        self._graph: Graph | None = None
        self._rate = RATE
        self._samples = 0
        self._found: dict[str, str] = {}

    def add(self, piece: Samples) -> None:
        """Take a piece of (channels, samples) at 48 kHz, of any length."""
        if not piece.shape[1]:
            return
        layout = "mono" if piece.shape[0] == 1 else "stereo"
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(piece), "fltp", layout)
        frame.sample_rate = RATE
        self.add_frame(frame)

    def add_frame(self, frame: AudioFrame) -> None:
        """Take what a decoder gives. All frames MUST be of one format, layout and rate."""
        if self._graph is None:
            self._rate = frame.sample_rate
            self._graph = self._meter_for(frame)
        frame.pts = self._samples
        self._samples += frame.samples
        self._graph.push(frame)
        self._collect()

    def read(self) -> Loudness:
        """What was heard; the meter takes nothing afterwards.

        Of less than 400 ms, what there is counts as if it went on for that long.
        """
        if self._graph is None:
            return Loudness(integrated_lufs=SILENT_LUFS, true_peak_dbtp=_LOWEST_PEAK_DBTP)
        missing = round(_BLOCK_S * self._rate) - self._samples
        lift_db = 0.0
        if missing > 0:
            lift_db = 10 * float(np.log10(_BLOCK_S * self._rate / self._samples))
            self._push_silence(missing)
        self._graph.push(None)
        self._collect()
        integrated = self._value("I", SILENT_LUFS)
        peak = self._value("true_peak", 0.0)
        return Loudness(
            integrated_lufs=integrated + lift_db if integrated > SILENT_LUFS else SILENT_LUFS,
            true_peak_dbtp=decibels(peak),
            range_lu=self._value("LRA", 0.0),
        )

    def _meter_for(self, frame: AudioFrame) -> Graph:
        self._like = (frame.format.name, frame.layout.name)
        graph = Graph()
        source = graph.add_abuffer(
            format=frame.format.name,
            layout=frame.layout.name,
            sample_rate=frame.sample_rate,
            time_base=Fraction(1, frame.sample_rate),
        )
        meter = graph.add("ebur128", f"metadata=1:framelog=quiet:peak={self._peak}")
        sink = graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        return graph

    def _push_silence(self, samples: int) -> None:
        silence = AudioFrame(*self._like, samples)
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        silence.sample_rate, silence.pts = self._rate, self._samples
        assert self._graph is not None
        self._graph.push(silence)

    def _collect(self) -> None:
        assert self._graph is not None
        while True:
            try:
                self._found = self._graph.pull().metadata or self._found
            except (av.BlockingIOError, av.EOFError):
                return

    def _value(self, name: str, otherwise: float) -> float:
        value = float(self._found.get(f"lavfi.r128.{name}", otherwise))
        return value if np.isfinite(value) else otherwise


def loudness_of(samples: Samples) -> float:
    """Integrated loudness of a whole array of (channels, samples), in LUFS."""
    meter = Meter()
    meter.add(samples)
    return meter.read().integrated_lufs


def measure(path: Path) -> Loudness:
    """Loudness, true peak and range of a finished file's sound, as a player decodes it.

    Raises:
        CheckFailed: the file has no sound.
        RenderError: the file cannot be read.
    """
    meter = Meter(true_peak=True)
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise CheckFailed(f"The loudness of {path.name} cannot be measured: no sound.")
            for frame in container.decode(audio=0):
                meter.add_frame(frame)
    except (av.FFmpegError, OSError) as error:
        raise RenderError(f"The sound {path.name} cannot be read: {error}.") from error
    return meter.read()


def true_peaks(samples: Samples) -> Samples:
    """Of (channels, samples): the largest of four values between each sample and the next.

    BS.1770-4, annex 2.
    """
    peaks = np.abs(samples)
    for phase in _interpolators()[1:]:
        between = cv2.filter2D(samples, -1, phase, borderType=cv2.BORDER_CONSTANT)
        np.maximum(peaks, np.abs(between, out=between), out=peaks)
    return peaks


def decibels(level: float) -> float:
    """An amplitude in dB of full scale, -120 at the least."""
    return max(20 * float(np.log10(level)), _LOWEST_PEAK_DBTP) if level > 0 else _LOWEST_PEAK_DBTP


@cache
def _interpolators() -> tuple[Samples, ...]:
    """Windowed sincs that read a signal at 0, 1/4, 1/2 and 3/4 of a sample further on."""
    at = np.arange(-_TAPS // 2 + 1, _TAPS // 2 + 1)
    phases = []
    for phase in range(_PHASES):
        x = at - phase / _PHASES
        window = np.cos(np.pi * x / (_TAPS + 2)) ** 2
        taps = np.sinc(x) * window
        phases.append((taps / taps.sum()).astype(np.float32)[None])
    return tuple(phases)
