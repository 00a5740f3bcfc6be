"""Music by Gemini: a clip is repeated to the wished length."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from deployments.fake_cloud.running import Cloud
from reels.cloud.charges import keep_books
from reels.errors import BadOutput, ProviderError
from reels.music import music_maker
from reels.music.gemini import prompt
from tests.reels.cloud.gemini_kit import ok
from tests.reels.cloud.ledger import Ledger


def compose(to: Path, duration_s: float) -> Path:
    maker = music_maker("gemini")
    return maker.compose(mood="calm", duration_s=duration_s, seed=1, to=to / "music.wav")


@pytest.mark.parametrize("duration_s", [5.0, 20.0])
def test_music_is_stereo_of_its_length_sounds_throughout_and_fades_out(
    cloud: Cloud, tmp_path: Path, duration_s: float
) -> None:
    books = Ledger()
    with keep_books(books), wave.open(str(compose(tmp_path, duration_s))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 2, 2)
        assert file.getnframes() == duration_s * 48_000
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    seconds = np.abs(sound).reshape(int(duration_s), -1).mean(axis=1)
    assert seconds[:-3].min() > 300
    assert seconds[-1] < seconds[0] / 4
    assert [charge.units for charge in books.charges] == [{"request": 1}]


def test_text_in_place_of_sound_is_refused_though_it_was_paid(cloud: Cloud, tmp_path: Path) -> None:
    sound = {"type": "audio", "mime_type": "audio/mp3", "data": "eyJhIjogMX0="}
    steps = [{"type": "model_output", "content": [sound]}]
    cloud.state.plan("gemini", [ok({"id": "i", "status": "completed", "steps": steps})])
    books = Ledger()
    with keep_books(books), pytest.raises(BadOutput, match="in place of a sound"):
        compose(tmp_path, 5.0)
    assert books.charges[0].units == {"request": 1}


@pytest.mark.parametrize("duration_s", [0.0, -1.0, 8000.0])
def test_a_length_that_cannot_be_is_refused_without_a_call(
    cloud: Cloud, tmp_path: Path, duration_s: float
) -> None:
    with pytest.raises(ProviderError):
        compose(tmp_path, duration_s)
    assert cloud.state.counted("gemini") == []


def test_a_mood_in_the_callers_own_words_is_told_and_the_seed_chooses_the_instruments() -> None:
    assert "rainy night" in prompt("rainy night", 1)
    assert prompt("calm", 1) != prompt("calm", 2)
    assert len(prompt("x" * 5_000, 1)) < 600
