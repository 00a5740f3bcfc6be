"""From stems to a finished sound file: one gain, a limiter, an encoder, and a measurement.

A `loudnorm` over the mix would lift the music again wherever the voice pauses, and undo
the ducking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

import av
import numpy as np
from av.audio.frame import AudioFrame

from reels.errors import RenderError
from reels.limiter import limited
from reels.loudness import RATE, Meter, Samples, decibels, measure
from reels.models import Loudness
from reels.stems import FAINT_LUFS, Stems, blocks

TARGET_LUFS = -14.0
#: What a finished file keeps to, and what is near enough before and after it is encoded.
TOLERANCE_LU = 0.5
_NEAR_LU, _CLOSE_LU = 0.2, 0.35
#: What a player may see after decoding, and where the limiter stops before it: an encoder's
#: rounding lifts peaks by a tenth of a decibel, seldom by half of one.
MAX_PEAK_DBTP = -1.0
_CEILING_DBTP = -1.5
#: How much more the limiter may be driven for what it takes away: beyond, it only distorts.
_MAX_DRIVE_DB = 8.0

BIT_RATE = 160_000
_TRIES = 3
#: What the limiter reads on either side of a block.
_CONTEXT = RATE // 2


class _Format(NamedTuple):
    """An encoder. `scale` undoes what it does to the level."""

    codec: Literal["aac", "mp3"]
    container: str
    options: dict[str, str]
    scale: float = 1.0


_FORMATS = {
    # At 160 kbit/s of speech over music, the fast coder keeps 1 to 12 dB more above its
    # noise up to 8 kHz than the default one, in a third of the time.
    ".m4a": _Format("aac", "mp4", {"aac_coder": "fast"}),
    # LAME makes everything 0.95 times as loud; at 7 it takes three quarters of the time that
    # its default does.
    ".mp3": _Format("mp3", "mp3", {"compression_level": "7"}, 1 / 0.95),
}


class Master:
    """Brings stems, or of them the voices alone, to their loudness and into a file."""

    def __init__(self, stems: Stems, *, voice_only: bool = False) -> None:
        self._stems = stems
        self._voice_only = voice_only
        meter, peak = Meter(), 0.0
        for start, end in blocks(stems.samples):
            block = self._read(start, end)
            meter.add(block)
            peak = max(peak, float(block.max()), -float(block.min()))
        self._lufs, self._peak_db = meter.read().integrated_lufs, decibels(peak)
        self._most_db = TARGET_LUFS - self._lufs + _MAX_DRIVE_DB

    def write(self, to: Path) -> Loudness:
        """Encode into `to` (.m4a or .mp3); returns what was measured in it.

        Raises:
            RenderError: the encoder failed.
        """
        form = _FORMATS[to.suffix]
        if self._lufs < FAINT_LUFS:
            _encode(self._mastered(0.0, _CEILING_DBTP), to, form)
            return measure(to).model_copy(update={"shortfall": "silent"})
        ceiling_db = _CEILING_DBTP
        gain_db = self._settled(ceiling_db)
        for attempt in range(1, _TRIES + 1):
            _encode(self._mastered(gain_db, ceiling_db), to, form)
            found = measure(to)
            miss = TARGET_LUFS - found.integrated_lufs
            over = found.true_peak_dbtp - MAX_PEAK_DBTP
            is_loud = abs(miss) < _CLOSE_LU or (miss > 0 and gain_db >= self._most_db)
            if attempt == _TRIES or (is_loud and over < 0):
                break
            gain_db = min(gain_db + miss, self._most_db)
            ceiling_db -= over + 0.2 if over >= 0 else 0.0
        return found.model_copy(update={"shortfall": "peaks"}) if miss > TOLERANCE_LU else found

    def _settled(self, ceiling_db: float) -> float:
        """The gain with which the limited sound, before it is encoded, has its loudness."""
        gain_db = TARGET_LUFS - self._lufs
        if self._peak_db + gain_db <= ceiling_db:
            return gain_db
        for _ in range(_TRIES):
            meter = Meter()
            for block in self._mastered(gain_db, ceiling_db):
                meter.add(block)
            miss = TARGET_LUFS - meter.read().integrated_lufs
            gain_db = min(gain_db + miss, self._most_db)
            # The limiter takes little of a small change: no need to look again.
            if abs(miss) < _NEAR_LU or gain_db == self._most_db:
                break
        return gain_db

    def _mastered(self, gain_db: float, ceiling_db: float) -> Iterator[Samples]:
        gain = np.float32(10 ** (gain_db / 20))
        for start, end in blocks(self._stems.samples):
            block = self._read(start - _CONTEXT, end + _CONTEXT) * gain
            yield limited(block, ceiling_db)[:, _CONTEXT : _CONTEXT + end - start]

    def _read(self, start: int, end: int) -> Samples:
        return self._stems.read(start, end, voice_only=self._voice_only)


def _encode(sound: Iterable[Samples], to: Path, form: _Format) -> None:
    tidy = {"fflags": "+bitexact"}
    at = 0
    try:
        with av.open(str(to), "w", format=form.container, container_options=tidy) as target:
            stream = target.add_stream(form.codec, rate=RATE, layout="stereo", options=form.options)
            stream.bit_rate = BIT_RATE
            for block in sound:
                loud = block * np.float32(form.scale)
                frame = AudioFrame.from_ndarray(loud, "fltp", "stereo")
                frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
                at += block.shape[1]
                target.mux(stream.encode(frame))
            target.mux(stream.encode())
    except (av.FFmpegError, OSError) as error:
        raise RenderError(f"The sound could not be encoded by {form.codec}: {error}.") from error
