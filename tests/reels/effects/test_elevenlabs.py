"""Effects made from a description, by the real SDK against a fake service over the wire."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from reels.effects.elevenlabs import make_effect
from reels.errors import InvalidInput


def test_an_effect_is_a_stereo_file_of_its_length_that_ends_in_silence(cloud, tmp_path) -> None:
    path = make_effect("  a soft\n whoosh ", duration_s=0.7, to=tmp_path / "e.wav")

    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 48_000)
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert len(pcm) == round(0.7 * 48_000)
    assert np.abs(pcm).max() > 3_000
    assert np.abs(pcm[-20:]).max() < 50
    assert cloud.state.counted("elevenlabs", "effect")[0].units == {"credit": 28.0}


@pytest.mark.parametrize(
    ("description", "duration_s"),
    [("", 1.0), (" \n", 1.0), ("x" * 451, 1.0), ("boom", 0.4), ("boom", 31.0)],
)
def test_an_effect_that_cannot_be_is_refused_for_nothing(
    cloud, description, duration_s, tmp_path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_effect(description, duration_s=duration_s, to=tmp_path / "e.wav")

    assert refused.value.field == "effects"
    assert cloud.state.calls == []
