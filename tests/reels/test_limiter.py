from __future__ import annotations

import numpy as np
import pytest

from reels.limiter import limited
from reels.loudness import true_peaks
from tests.reels.render_kit import RATE, speech_like


def _speech(seconds: float) -> np.ndarray:
    return np.stack([speech_like(seconds, 0.1, n) for n in (0, 1)]).astype(np.float32)


@pytest.mark.parametrize("at", [RATE, RATE + 7, RATE + 8, RATE + 15])
def test_the_limiter_holds_its_ceiling_and_leaves_quiet_sound_alone(at: int) -> None:
    sound = _speech(3)
    sound[0, at] = 2.0
    out = limited(sound, -1.8)
    assert 20 * np.log10(true_peaks(out).max()) <= -1.75
    assert np.array_equal(out[:, 2 * RATE :], sound[:, 2 * RATE :])


def test_both_sides_are_turned_down_alike_and_softly() -> None:
    """A steady tone beside one peak shows the gain, which may not jump."""
    tone = 0.1 * np.sin(2 * np.pi * 6000 * np.arange(RATE) / RATE)
    sound = np.stack([tone, tone]).astype(np.float32)
    sound[0, RATE // 2] = 3.0
    out = limited(sound, -1.0)
    envelope = np.abs(out[1]).reshape(-1, 48).max(axis=1)
    assert envelope.min() == pytest.approx(0.1 * 10 ** (-1 / 20) / 3.0, rel=0.1)
    assert np.abs(np.diff(20 * np.log10(envelope))).max() < 1.0


def test_a_sound_limited_in_blocks_is_as_if_it_were_limited_at_once() -> None:
    sound = _speech(4) * 12
    whole = limited(sound, -1.8)
    part = limited(sound[:, RATE // 2 : 3 * RATE], -1.8)
    middle = slice(RATE, 2 * RATE)
    ours = part[:, RATE // 2 : RATE // 2 + RATE]
    assert np.allclose(whole[:, middle], ours, atol=1e-6)
