"""Reads speech from a file and finds where it is silent."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from reels.errors import BadOutput, RenderError
from reels.sounds import decode
from reels.spans import Span

Samples: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

HOP_S = 0.01
_WINDOW_HOPS = 3
#: How far under the loud parts (95th percentile) sound counts as silence, at most: the
#: threshold follows the noise floor where that is higher.
_BELOW_SPEECH_DB = 32.0
_ABOVE_FLOOR_DB = 9.0
#: What a word may seem to have beyond a silence by an aligner's error.
_NEAR_S = 0.05


def read_mono(audio: Path, rate_hz: int, *, provider: str) -> Samples:
    """The first sound track of `audio`, mono, from -1 to 1.

    Raises:
        BadOutput: of `provider`: the file holds no sound that can be decoded.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="speech-") as folder:
            raw = Path(folder) / "speech.f32"
            decode(audio, raw, rate_hz=rate_hz, channels=1)
            return np.fromfile(raw, np.float32).astype(np.float64)
    except RenderError as error:
        raise BadOutput(provider, f"There is no sound to align. {error.message}") from error


def level_db(sound: Samples, rate_hz: int) -> Samples:
    """The level of every hop of `HOP_S`, in dB under full scale, over a window of three."""
    hop = round(HOP_S * rate_hz)
    power = np.mean(np.pad(sound, (0, -len(sound) % hop)).reshape(-1, hop) ** 2, axis=1)
    padded = np.pad(power, _WINDOW_HOPS // 2, mode="edge")
    smooth = np.convolve(padded, np.full(_WINDOW_HOPS, 1 / _WINDOW_HOPS), mode="valid")
    return np.asarray(10 * np.log10(smooth + 1e-10))


def silences(sound: Samples, rate_hz: int, at_least_s: float) -> list[Span]:
    """Stretches of silence in order, those at both ends included however short they are."""
    levels = level_db(sound, rate_hz)
    speech_db, floor_db = np.percentile(levels, 95), np.percentile(levels, 5)
    threshold = min(max(speech_db - _BELOW_SPEECH_DB, floor_db + _ABOVE_FLOOR_DB), speech_db - 12)
    quiet = np.concatenate([[False], levels < threshold, [False]])
    edges = np.flatnonzero(quiet[1:] != quiet[:-1])
    duration_s = len(sound) / rate_hz
    found: list[Span] = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        start, end = float(first) * HOP_S, min(float(after) * HOP_S, duration_s)
        if end - start >= at_least_s or first == 0 or after == len(levels):
            found.append((start, end))
    return found


def off_silence(word: Sequence[float], quiet: Sequence[Span]) -> Span:
    """A word that begins or ends in a silence, or just across it, does so at its edge."""
    start_s, end_s = word
    for silent_from, silent_to in quiet:
        if silent_from - _NEAR_S < start_s < silent_to < end_s:
            start_s = silent_to
        if start_s < silent_from < end_s < silent_to + _NEAR_S:
            end_s = silent_from
    return start_s, end_s
