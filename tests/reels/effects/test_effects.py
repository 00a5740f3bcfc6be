from __future__ import annotations

import numpy as np
import pytest

from reels.effects import EFFECTS, effect
from reels.errors import InvalidInput
from reels.loudness import RATE
from reels.timeline import LEAD_IN_S


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_short_clean_and_the_same_every_time(name: str) -> None:
    sound = effect(name)
    samples = sound.samples()
    assert sound.name == name
    assert samples.dtype == np.float32
    assert samples.shape[0] == 2
    assert samples.shape[1] < RATE
    assert 0.1 < np.abs(samples).max() <= 1
    assert np.array_equal(samples, effect(name).samples())
    # Nothing that clicks by itself: it starts and ends in silence.
    assert np.abs(samples[:, [0, 1, -2, -1]]).max() < 0.01


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_loudest_at_its_moment_and_over_before_the_line(name: str) -> None:
    sound = effect(name)
    levels = _levels(sound.samples())
    loudest_s = (int(np.argmax(levels)) + 0.5) * 0.02
    assert loudest_s == pytest.approx(sound.lead_s, abs=0.04)
    spoken = levels[round((sound.lead_s + LEAD_IN_S) / 0.02) :]
    assert len(spoken) == 0 or spoken.max() < 0.01 * levels.max()


def test_a_whoosh_rises_in_pitch_to_the_cut_and_goes_from_left_to_right() -> None:
    samples = effect("whoosh").samples()
    third = samples.shape[1] // 3
    early, late = samples[:, :third], samples[:, third : 2 * third]
    assert _brightness(early.mean(axis=0)) < 0.6 * _brightness(late.mean(axis=0))
    sides = np.square(samples).reshape(2, 3, third).sum(axis=2)
    assert sides[0, 0] > 1.5 * sides[1, 0]
    assert sides[1, 2] > 1.5 * sides[0, 2]


def test_an_unknown_effect_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="click, whoosh") as caught:
        effect("explosion")
    assert caught.value.field == "effects"


def _levels(samples: np.ndarray) -> np.ndarray:
    """Energy of every 20 ms."""
    hop = round(0.02 * RATE)
    whole = samples.shape[1] // hop
    return np.square(samples[:, : whole * hop]).reshape(2, whole, hop).sum(axis=(0, 2))


def _brightness(samples: np.ndarray) -> float:
    """The middle of the spectrum's energy, in Hz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float((np.fft.rfftfreq(len(samples), 1 / RATE) * power).sum() / power.sum())
