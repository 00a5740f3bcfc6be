"""A recording as a sound effect: what it stresses, and that it is over in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.effects import EFFECTS
from reels.effects.made import Recorded
from reels.effects.makers import MAKERS, effect_maker
from reels.errors import BadOutput, InvalidInput
from reels.loudness import RATE
from reels.timeline import LEAD_IN_S
from tests.reels.sound import write_wav


def recorded(tmp_path: Path, samples: np.ndarray) -> Recorded:
    path = write_wav(tmp_path / "effect.wav", samples, RATE)
    return Recorded("whoosh", path, tmp_path / "effect.f32")


def bump(at_s: float, length_s: float) -> np.ndarray:
    """Noise that is loudest at `at_s`, and some of it all the time."""
    when = np.arange(round(length_s * RATE)) / RATE
    loud = 0.05 + 0.5 * np.exp(-(((when - at_s) / 0.05) ** 2))
    return np.random.default_rng(0).uniform(-1, 1, len(when)) * loud


@pytest.mark.parametrize("at_s", [0.05, 0.4, 1.9])
def test_its_loudest_moment_is_stressed_and_it_is_over_before_the_line(
    at_s: float, tmp_path: Path
) -> None:
    made = recorded(tmp_path, bump(at_s, 2.0))
    samples = made.samples()
    assert made.lead_s == pytest.approx(at_s, abs=0.04)
    assert samples.dtype == np.float32
    assert samples.shape[1] <= (made.lead_s + LEAD_IN_S) * RATE
    assert np.abs(samples[:, [0, -1]]).max() < 0.001
    assert np.abs(samples).max() > 0.3


def test_a_sound_shorter_than_a_blink_is_taken_as_it_is(tmp_path: Path) -> None:
    made = recorded(tmp_path, np.full(100, 0.5))
    assert made.lead_s == 0
    assert made.samples().shape == (2, 100)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", EFFECTS)
def test_every_maker_makes_every_effect_for_one_paid_call(
    maker: str, name: str, cloud: Cloud, tmp_path: Path
) -> None:
    path = effect_maker(maker).make(name, tmp_path / "effect.wav")
    assert Recorded(name, path, tmp_path / "raw.f32").samples().any()
    (call,) = cloud.state.counted(maker, "effect")
    assert call.units["credit"] > 0


def test_a_silent_effect_is_bad_output(cloud: Cloud, tmp_path: Path) -> None:
    # Of such a length and rate that the whole file is ASCII, as a fault's body has to be.
    silent = write_wav(tmp_path / "silent.wav", np.zeros(4096), 8192).read_text("ascii")
    sent = {"content-type": "audio/wav"}
    cloud.state.plan("elevenlabs", [Fault(status=200, body=silent, headers=sent)])
    with pytest.raises(BadOutput, match="silent"):
        effect_maker("elevenlabs").make("click", tmp_path / "effect.wav")


def test_a_maker_that_is_none_is_told_with_the_setting_and_its_choices() -> None:
    with pytest.raises(InvalidInput, match=r"VIDEO_SERVICE_EFFECTS_PROVIDER.*shipped, elevenlabs"):
        effect_maker("foley")
