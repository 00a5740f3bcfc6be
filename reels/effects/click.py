"""A soft tick, as of a wooden switch."""

from __future__ import annotations

import numpy as np

from reels.loudness import RATE, Samples

_LENGTH_S = 0.06
_RISE_S = 0.0015
#: Pitch, level and how fast each tone dies, per second.
_TONES = ((1150.0, 1.0, 95.0), (2380.0, 0.45, 150.0), (3900.0, 0.16, 260.0))
_BREATH, _BREATH_DECAY = 0.12, 420.0
_PEAK = 0.5


class Click:
    """Sixty milliseconds that start at the cut."""

    name = "click"
    version = "1"
    lead_s = 0.0

    def samples(self) -> Samples:
        """An array of (2, 2880); both sides are alike."""
        at_s = np.arange(round(_LENGTH_S * RATE)) / RATE
        tick = sum(
            level * np.exp(-decay * at_s) * np.sin(2 * np.pi * hertz * at_s)
            for hertz, level, decay in _TONES
        )
        noise = np.random.default_rng(5).standard_normal(len(at_s) + 3)
        breath = np.convolve(noise, np.ones(4) / 4, "valid")
        tick = tick + _BREATH * np.exp(-_BREATH_DECAY * at_s) * breath
        rise = np.sin(np.pi / 2 * np.clip(at_s / _RISE_S, 0, 1)) ** 2
        fall = np.sin(np.pi / 2 * np.clip((_LENGTH_S - at_s) / 0.02, 0, 1)) ** 2
        tick = tick * rise * fall
        return np.asarray(_PEAK * np.stack([tick, tick]) / np.abs(tick).max(), np.float32)
