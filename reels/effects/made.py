"""Effects that a service makes, and how such a recording is laid on its moment."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from reels.loudness import RATE, Samples
from reels.pcm import Sound

#: A scene's line starts 0.25 s after the scene.
_AFTER_S = 0.25
_FADE_S = 0.06
#: A rise shorter than this would click.
_RISE_S = 0.002
#: Over this long a sound counts as loud.
_HOP_S = 0.02


class EffectMaker(Protocol):
    """Makes the effects that `reels.effects` lists, as recordings.

    `name` and `version` are part of content keys. Every call may give another sound, so what
    it made is kept.
    """

    name: str
    version: str

    def make(self, effect: str, to: Path) -> Path:
        """Write the effect that is listed as `effect` to `to` (stereo WAV, 48 kHz, 16 bit).

        Raises:
            ProviderError: the service failed or refused.
        """
        ...


class Recorded:
    """A recording as a `SoundEffect`: its loudest moment is the one that it stresses.

    What comes later than 0.25 s after that is faded out. `desk` is a raw file to decode into.

    Raises:
        RenderError: `path` holds no sound.
    """

    version = "1"

    def __init__(self, name: str, path: Path, desk: Path) -> None:
        self.name = name
        sound = Sound.read(path, desk)
        samples = sound.samples_between(0, sound.samples)
        self.lead_s = _loudest_s(samples)
        self._samples = _ended(samples, round((self.lead_s + _AFTER_S) * RATE))

    def samples(self) -> Samples:
        """An array of (2, samples) that ends in silence."""
        return self._samples


def _loudest_s(samples: Samples) -> float:
    hop = round(_HOP_S * RATE)
    whole = samples.shape[1] // hop
    if not whole:
        return 0.0
    levels = np.square(samples[:, : whole * hop]).reshape(2, whole, hop).sum(axis=(0, 2))
    return float((int(np.argmax(levels)) + 0.5) * _HOP_S)


def _ended(samples: Samples, end: int) -> Samples:
    kept = samples[:, :end].copy()
    at = np.arange(kept.shape[1])
    rise = np.clip(at / (_RISE_S * RATE), 0, 1)
    fall = np.clip((kept.shape[1] - 1 - at) / (_FADE_S * RATE), 0, 1)
    kept *= (np.sin(np.pi / 2 * rise) * np.sin(np.pi / 2 * fall) ** 2).astype(np.float32)
    return np.asarray(kept, np.float32)
