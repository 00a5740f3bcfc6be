"""A quiet bed of music, made by arithmetic: pad, bass, plucked notes and a soft kick.

Up to sixteen bars are made once per layer, as loops without a seam; the layers then come
in one after the other. So ten minutes cost hardly more than one, and no memory.
"""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reels.errors import ProviderError
from reels.music import synth
from reels.music.synth import RATE, Stereo

MAX_BARS = 16
_PHRASE_BARS = 4
_BEATS = 4
_PEAK = 0.5
_BLOCK = 10 * RATE
_FADE_OUT_S = 2.5
#: Where the four tones of a chord stand, from left to right.
_SIDES = (-0.6, 0.5, -0.2, 0.7)

#: A chord is its root and the notes above it, in half tones over the key.
_Chord = tuple[int, tuple[int, ...]]


class Mood(NamedTuple):
    """How a bed sounds: its pulse, its chords to choose from and its weights."""

    beats_per_minute: float
    progressions: tuple[tuple[_Chord, ...], ...]
    pluck_density: float
    kick_beats: tuple[float, ...]
    kick: float
    shaker: float


_I: _Chord = (0, (0, 4, 7, 14))
_II: _Chord = (2, (2, 5, 9, 12))
_III: _Chord = (4, (4, 7, 11, 14))
_IV: _Chord = (5, (5, 9, 12, 16))
_V: _Chord = (7, (7, 11, 14, 21))
_VI: _Chord = (9, (9, 12, 16, 19))

MOODS: dict[str, Mood] = {
    "calm": Mood(
        78, ((_I, _VI, _IV, _V), (_I, _III, _IV, _IV), (_VI, _IV, _I, _V)), 0.45, (0, 2), 0.5, 0.0
    ),
    "bright": Mood(
        106,
        ((_I, _V, _VI, _IV), (_IV, _I, _V, _VI), (_I, _IV, _II, _V)),
        0.7,
        (0, 1, 2, 3),
        0.6,
        0.5,
    ),
    "pensive": Mood(70, ((_VI, _IV, _I, _III), (_VI, _II, _IV, _III)), 0.35, (0,), 0.4, 0.0),
}

#: When each layer comes in: after so many bars, but never later than this share of the whole.
_ENTRIES = {"pad": (0, 0.0), "pluck": (1, 0.1), "bass": (3, 0.25), "beat": (5, 0.4)}


class Bed:
    """The embedded music maker. Moods are those of MOODS; another one sounds calm."""

    name = "bed"
    version = "1"

    def compose(self, *, mood: str, duration_s: float, seed: int, to: Path) -> Path:
        """Write the bed as stereo WAV (48 kHz, 16 bit). Same arguments, same bytes.

        Raises:
            ProviderError: the duration is not between 0 and 7200 s, or `to` cannot be written.
        """
        if not 0 < duration_s <= 7200:
            raise ProviderError(self.name, f"A bed cannot last {duration_s} s.")
        random = np.random.default_rng(seed)
        layers = _Layers(MOODS.get(mood, MOODS["calm"]), random, duration_s)
        samples = round(duration_s * RATE)
        try:
            with wave.open(str(to), "wb") as file:
                file.setnchannels(2)
                file.setsampwidth(2)
                file.setframerate(RATE)
                for start in range(0, samples, _BLOCK):
                    block = layers.read(start, min(start + _BLOCK, samples), samples)
                    pcm = np.rint(np.clip(block, -1, 1) * 32767).astype("<i2")
                    file.writeframes(np.ascontiguousarray(pcm.T).tobytes())
        except OSError as error:
            raise ProviderError(self.name, f"The bed could not be written: {error}.") from error
        return to


class _Layers:
    """The loops of a bed, and their sum at any time."""

    def __init__(self, mood: Mood, random: np.random.Generator, duration_s: float) -> None:
        self._mood = mood
        self._random = random
        bar_s = _BEATS * 60 / mood.beats_per_minute
        phrases = math.ceil(duration_s / (bar_s * _PHRASE_BARS))
        self._bars = min(MAX_BARS, phrases * _PHRASE_BARS)
        self._size = synth.smooth_size(round(self._bars * bar_s * RATE))
        self._bar_s = self._size / RATE / self._bars
        self._beat_s = self._bar_s / _BEATS
        self._key = 57 + int(random.integers(-4, 4))
        chords = mood.progressions[int(random.integers(len(mood.progressions)))]
        self._chords = [chords[bar % len(chords)] for bar in range(self._bars)]
        self._loops = {
            "pad": self._pad(),
            "pluck": self._pluck(),
            "bass": self._bass(),
            "beat": self._beat(),
        }
        peak = float(np.abs(sum(self._loops.values(), self._empty())).max())
        self._gain = np.float32(_PEAK / max(peak, 1e-6))

    def read(self, start: int, end: int, whole: int) -> Stereo:
        """Samples `start` to `end` of a bed that is `whole` samples long."""
        places = np.arange(start, end) % self._size
        block = np.zeros((2, end - start), np.float32)
        for name, loop in self._loops.items():
            block += loop[:, places] * self._presence(name, start, end, whole)
        left = (whole - np.arange(start, end)) / (_FADE_OUT_S * RATE)
        fade = np.sin(np.pi / 2 * np.clip(left, 0, 1)) ** 2
        return np.asarray(block * self._gain * fade.astype(np.float32), np.float32)

    def _presence(self, name: str, start: int, end: int, whole: int) -> NDArray[np.float32]:
        bars, share = _ENTRIES[name]
        entry = min(bars * self._bar_s * RATE, share * whole)
        rise = (np.arange(start, end) - entry) / (1.5 * self._bar_s * RATE)
        if name == "pad":
            rise += 0.75
        return np.asarray(np.clip(rise, 0, 1), np.float32)

    def _empty(self) -> Stereo:
        return np.zeros((2, self._size), np.float32)

    def _pad(self) -> Stereo:
        loop = self._empty()
        tones: dict[int, NDArray[np.float32]] = {}
        for bar, (_, notes) in enumerate(self._chords):
            for voice, note in enumerate(notes):
                # Kept within an octave and a half, so that chords glide and do not jump.
                pitch = self._key + (note if note < 12 else note - 12)
                if pitch not in tones:
                    tones[pitch] = synth.pad(pitch, self._bar_s + 1.1)
                synth.lay(loop, tones[pitch], bar * self._bar_s, 0.12, _SIDES[voice])
        return synth.room(loop, self._random, seconds=2.4, wet=0.5)

    def _pluck(self) -> Stereo:
        loop = self._empty()
        figure = self._random.random((2, 8)) < self._mood.pluck_density
        figure[:, 0] = True
        for bar, (_, notes) in enumerate(self._chords):
            for eighth in range(8):
                if figure[bar % 2, eighth] and self._random.random() < 0.9:
                    note = notes[int(self._random.integers(len(notes)))] % 12
                    octave = 24 if self._random.random() < 0.35 else 12
                    gain = 0.3 * float(self._random.uniform(0.6, 1.0))
                    at = bar * self._bar_s + eighth * self._beat_s / 2
                    side = float(self._random.uniform(-0.6, 0.6))
                    synth.lay(loop, synth.pluck(self._key + note + octave), at, gain, side)
        spread = synth.echo(loop, 0.75 * self._beat_s, 0.32)
        return synth.room(spread, self._random, seconds=1.8, wet=0.35)

    def _bass(self) -> Stereo:
        loop = self._empty()
        for bar, (root, _) in enumerate(self._chords):
            pitch = self._key - 24 + root
            pitch += 12 if pitch < 31 else 0
            for beat, length in ((0.0, 2.4), (2.5, 1.4)):
                sound = synth.bass(pitch, length * self._beat_s)
                synth.lay(loop, sound, bar * self._bar_s + beat * self._beat_s, 0.3)
        return loop

    def _beat(self) -> Stereo:
        loop = self._empty()
        thump = synth.kick()
        for bar in range(self._bars):
            start = bar * self._bar_s
            for beat in self._mood.kick_beats:
                synth.lay(loop, thump, start + beat * self._beat_s, 0.4 * self._mood.kick)
            for eighth in range(1, 8, 2):
                if self._mood.shaker:
                    grain = synth.shaker(self._random)
                    at = start + eighth * self._beat_s / 2
                    synth.lay(loop, grain, at, 0.3 * self._mood.shaker, 0.3)
        return loop
