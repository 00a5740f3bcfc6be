"""The sound of a video: voice lines, music ducked under them, at one loudness.

Everything is placed by sample number and mixed in blocks, so memory does not grow with
the video. Loudness is reached by one gain and a limiter: a `loudnorm` over the mix would
lift the music again wherever the voice pauses, and undo the ducking.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import ffmpeg as graphs
import numpy as np

from reels import ffmpeg
from reels.ducking import Duck
from reels.encode import publish
from reels.errors import InvalidInput
from reels.limiter import limited
from reels.loudness import RATE, SILENT_LUFS, Meter, Samples, measure
from reels.models import Loudness
from reels.pcm import Sound

__all__ = ["Line", "measure", "mix", "to_mp3"]

TARGET_LUFS = -14.0
#: What a player may see after decoding AAC, and where the limiter stops before it: the
#: encoder's rounding lifts peaks by about half a decibel.
MAX_PEAK_DBTP = -1.0
_CEILING_DBTP = -1.8
#: Levels of the stems before they meet; only their difference is heard in the end.
_VOICE_LUFS = -16.0
_MUSIC_LUFS = -22.0
#: Without a voice the music is the programme.
_MUSIC_ALONE_LUFS = _VOICE_LUFS
#: A whisper is lifted, but noise is not made a voice.
_MAX_GAIN_DB = 24.0

_FADE_IN_S, _FADE_OUT_S = 0.8, 1.8
_BLOCK = 10 * RATE
#: What the limiter reads on either side of a block.
_CONTEXT = RATE // 2
_BIT_RATE = "160k"
_CODECS = {".m4a": ("aac", "mp4"), ".mp3": ("libmp3lame", "mp3")}
_TRIES = 3
_TIMEOUT_S = 300.0


class Line(NamedTuple):
    """One spoken line and when it starts, in seconds from the video's start."""

    path: Path
    start_s: float


class _Placed(NamedTuple):
    sound: Sound
    start: int
    gain: float


def mix(
    lines: Sequence[Line],
    music: Path | None,
    duration_s: float,
    to: Path,
    work: Path,
) -> Loudness:
    """Mix into `to` (AAC as .m4a, or .mp3; 48 kHz stereo) of exactly `duration_s` seconds.

    Every line is levelled on its own; the music is looped or cut to the length, faded,
    and ducked while somebody speaks. The whole is at -14 LUFS with true peaks under
    -1 dBTP. Returns what was measured in the finished file.

    Raises:
        InvalidInput: a line starts after the end, or the duration is not positive.
        RenderError: a sound cannot be read, or ffmpeg failed.
    """
    if duration_s <= 0:
        raise InvalidInput("duration_s", f"A video cannot last {duration_s} s.")
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="mix-") as folder:
        desk = Path(folder)
        programme = _Programme(lines, music, round(duration_s * RATE), desk)
        gain_db, ceiling_db = programme.gain_to(TARGET_LUFS), _CEILING_DBTP
        for attempt in range(_TRIES):
            sound = programme.mastered(gain_db, ceiling_db)
            measured = _encode(sound, desk / f"mix{to.suffix}")
            miss = TARGET_LUFS - measured.integrated_lufs
            over = measured.true_peak_dbtp - MAX_PEAK_DBTP
            if attempt == _TRIES - 1 or programme.silent or (abs(miss) < 0.3 and over <= 0):
                break
            gain_db += miss
            ceiling_db -= over + 0.2 if over > 0 else 0.0
        publish(desk / f"mix{to.suffix}", to)
    return measured


class _Programme:
    """The mix before its master gain, readable block by block."""

    def __init__(self, lines: Sequence[Line], music: Path | None, samples: int, desk: Path) -> None:
        self._samples = samples
        self._voices = [self._place(line, n, desk) for n, line in enumerate(lines)]
        spoken = [(v.start, min(v.start + v.sound.samples, samples)) for v in self._voices]
        self._duck = Duck(spoken)
        self._music = Sound.read(music, desk / "music.f32") if music else None
        target = _MUSIC_LUFS if lines else _MUSIC_ALONE_LUFS
        self._music_gain = _gain(self._music, target) if self._music else 0.0
        self._loudness = self._measured()

    @property
    def silent(self) -> bool:
        return self._loudness <= SILENT_LUFS

    def gain_to(self, lufs: float) -> float:
        """The gain in dB that brings the mix to `lufs`."""
        return 0.0 if self.silent else lufs - self._loudness

    def mastered(self, gain_db: float, ceiling_db: float) -> Iterator[bytes]:
        """The limited mix as interleaved 32-bit floats, block by block."""
        gain = np.float32(10 ** (gain_db / 20))
        for start in range(0, self._samples, _BLOCK):
            end = min(start + _BLOCK, self._samples)
            block = self._read(start - _CONTEXT, end + _CONTEXT) * gain
            block = limited(block, ceiling_db)[:, _CONTEXT : _CONTEXT + end - start]
            yield np.ascontiguousarray(block.T).tobytes()

    def _place(self, line: Line, number: int, desk: Path) -> _Placed:
        start = round(line.start_s * RATE)
        if not 0 <= start < self._samples:
            raise InvalidInput(
                f"lines.{number}.start_s",
                f"Line {number} starts at {line.start_s} s, outside the video.",
            )
        sound = Sound.read(line.path, desk / f"line-{number}.f32")
        return _Placed(sound, start, _gain(sound, _VOICE_LUFS))

    def _measured(self) -> float:
        meter = Meter()
        for start in range(0, self._samples, _BLOCK):
            meter.add(self._read(start, min(start + _BLOCK, self._samples)))
        return meter.integrated_lufs()

    def _read(self, start: int, end: int) -> Samples:
        """Samples `start` to `end` of the mix; silence outside of it."""
        block = np.zeros((2, end - start), np.float32)
        for voice in self._voices:
            voice.sound.add_to(block, voice.start - start, voice.gain)
        if self._music:
            bed = self._music.looped(start, end) * self._music_gain
            block += bed * self._duck.gains(start, end) * self._fade(start, end)
        block[:, : max(0, -start)] = 0
        block[:, max(0, self._samples - start) :] = 0
        return block

    def _fade(self, start: int, end: int) -> Samples:
        at = np.arange(start, end, dtype=np.float32)
        rise = np.clip(at / (_FADE_IN_S * RATE), 0, 1)
        fall = np.clip((self._samples - at) / (_FADE_OUT_S * RATE), 0, 1)
        # A quarter sine in power: the ear hears it as even.
        return np.asarray(np.sin(np.pi / 2 * rise) * np.sin(np.pi / 2 * fall) ** 2, np.float32)


def _gain(sound: Sound, target_lufs: float) -> float:
    meter = Meter()
    for start in range(0, sound.samples, _BLOCK):
        meter.add(sound.samples_between(start, min(start + _BLOCK, sound.samples)))
    measured = meter.integrated_lufs()
    if measured <= SILENT_LUFS:
        return 1.0
    return float(10 ** (min(target_lufs - measured, _MAX_GAIN_DB) / 20))


def to_mp3(source: Path, to: Path) -> Path:
    """Encode any sound file as MP3; returns `to`. Raises RenderError."""
    graph = graphs.input(source.name).output(
        to.name, acodec="libmp3lame", audio_bitrate=_BIT_RATE, map_metadata=-1, fflags="+bitexact"
    )
    ffmpeg.run(graph.compile()[1:], source.parent, _TIMEOUT_S)
    return publish(source.parent / to.name, to)


def _encode(sound: Iterator[bytes], to: Path) -> Loudness:
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "pipe:0"]
    ffmpeg.run([*raw, *_codec(to)], to.parent, _TIMEOUT_S, sound)
    return measure(to)


def _codec(to: Path) -> list[str]:
    codec, container = _CODECS[to.suffix]
    return [
        "-c:a", codec, "-b:a", _BIT_RATE, "-map_metadata", "-1", "-fflags", "+bitexact",
        "-f", container, to.name,
    ]  # fmt: skip
