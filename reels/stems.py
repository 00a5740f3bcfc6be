"""What is heard in a video before it is mastered: each stem at its level and its place.

Everything is placed by sample number and read in blocks, so memory does not grow with the
video.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reels.ducking import Duck, shape
from reels.effects import SoundEffect
from reels.errors import InvalidInput
from reels.loudness import RATE, Meter, Samples
from reels.pcm import Sound
from reels.timeline import MUSIC_FADES_S

#: Levels of the stems before they meet; only their difference is heard in the end.
_VOICE_LUFS = -16.0
_MUSIC_LUFS = -22.0
#: Without a voice the music is the programme.
_MUSIC_ALONE_LUFS = _VOICE_LUFS
#: Of an effect's loudest 0.4 s: heard through the music, 12 dB under a voice.
_EFFECT_LUFS = _VOICE_LUFS - 12.0
#: A whisper is lifted, but what is fainter than any speech is no voice: it stays as it is.
_MAX_GAIN_DB = 36.0
FAINT_LUFS = -60.0

#: A sound that ends so shortly before the video needs no second turn: half a frame at 30 fps.
_NEARLY = RATE // 60
#: 0.4 s, under which the meter would lift a short sound.
_SHORT = round(0.4 * RATE)
BLOCK = 10 * RATE


class Line(NamedTuple):
    """One spoken line and when it starts, in seconds from the video's start."""

    path: Path
    start_s: float


class Accent(NamedTuple):
    """A sound effect and the moment that it stresses, in seconds from the video's start.

    The sound begins its `lead_s` earlier.
    """

    sound: SoundEffect
    at_s: float


class _Voice(NamedTuple):
    sound: Sound
    start: int
    gain: float


class _Accent(NamedTuple):
    samples: Samples
    start: int


class Stems:
    """The voices, the music and the effects of a video of `samples` samples.

    Sounds are decoded once, into the directory `desk`. `fades_s` is how long the music comes
    in and goes out.

    Raises:
        InvalidInput: a line or an effect starts outside the video.
        RenderError: a sound cannot be read.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        music: Path | None,
        effects: Sequence[Accent],
        samples: int,
        desk: Path,
        fades_s: tuple[float, float] = MUSIC_FADES_S,
    ) -> None:
        self.samples = samples
        self._voices = [self._voice(line, number, desk) for number, line in enumerate(lines)]
        self._accents = [self._accent(each, number) for number, each in enumerate(effects)]
        spoken = [(v.start, min(v.start + v.sound.samples, samples)) for v in self._voices]
        self._duck = Duck(spoken)
        self._music = Sound.read(music, desk / "music.f32") if music else None
        target = _MUSIC_LUFS if lines else _MUSIC_ALONE_LUFS
        self._music_gain = _gain(self._music, target) if self._music else 1.0
        self._rise, self._fall = _fade(fades_s[0]), _fade(fades_s[1])[::-1] ** 2

    def read(self, start: int, end: int, *, voice_only: bool = False) -> Samples:
        """Samples `start` to `end` as an array of (2, samples); silence outside the video."""
        block = np.zeros((2, end - start), np.float32)
        if self._music and not voice_only:
            self._lay_music(self._music, block, start)
        for voice in self._voices:
            voice.sound.add_to(block, voice.start - start, voice.gain)
        if not voice_only:
            for accent in self._accents:
                _add(accent.samples, block, accent.start - start)
        block[:, : max(0, -start)] = 0
        block[:, max(0, self.samples - start) :] = 0
        return block

    def _lay_music(self, music: Sound, block: Samples, start: int) -> None:
        lasts = music.samples + _NEARLY >= self.samples
        turn = music.samples_between if lasts else music.looped
        block += turn(start, start + block.shape[1])
        block *= np.float32(self._music_gain)
        self._duck.apply(block, start)
        shape(block, -start, self._rise)
        shape(block, self.samples - len(self._fall) - start, self._fall)

    def _voice(self, line: Line, number: int, desk: Path) -> _Voice:
        start = self._place(f"lines.{number}.start_s", "Line", number, line.start_s)
        sound = Sound.read(line.path, desk / f"line-{number}.f32")
        return _Voice(sound, start, _gain(sound, _VOICE_LUFS))

    def _accent(self, accent: Accent, number: int) -> _Accent:
        at = self._place(f"effects.{number}.at_s", "Effect", number, accent.at_s)
        samples = accent.sound.samples()
        meter = Meter()
        meter.add(np.pad(samples, ((0, 0), (0, max(0, _SHORT - samples.shape[1])))))
        gain = _factor(meter.read().integrated_lufs, _EFFECT_LUFS)
        return _Accent(samples * np.float32(gain), at - round(accent.sound.lead_s * RATE))

    def _place(self, field: str, what: str, number: int, start_s: float) -> int:
        start = round(start_s * RATE)
        if not 0 <= start < self.samples:
            raise InvalidInput(field, f"{what} {number} starts at {start_s} s, outside the video.")
        return start


def _gain(sound: Sound, target_lufs: float) -> float:
    meter = Meter()
    for start, end in blocks(sound.samples):
        meter.add(sound.samples_between(start, end))
    return _factor(meter.read().integrated_lufs, target_lufs)


def _factor(measured_lufs: float, target_lufs: float) -> float:
    if measured_lufs < FAINT_LUFS:
        return 1.0
    return float(10 ** (min(target_lufs - measured_lufs, _MAX_GAIN_DB) / 20))


def blocks(samples: int) -> Iterator[tuple[int, int]]:
    """Where each block starts and ends."""
    for start in range(0, samples, BLOCK):
        yield start, min(start + BLOCK, samples)


def _add(samples: Samples, block: Samples, at: int) -> None:
    start, end = max(0, at), min(block.shape[1], at + samples.shape[1])
    if start < end:
        block[:, start:end] += samples[:, start - at : end - at]


def _fade(seconds: float) -> Samples:
    """A quarter sine in power: the ear hears it as even."""
    size = round(seconds * RATE)
    return np.asarray(np.sin(np.pi / 2 * np.arange(size) / max(size, 1)), np.float32)
