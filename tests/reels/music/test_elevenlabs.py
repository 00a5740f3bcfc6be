"""The music maker elevenlabs: its real SDK against a fake service over the wire."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from deployments.fake_cloud.elevenlabs_sound import composed, encoded
from reels.cloud.received import save_music
from reels.errors import BadOutput, ProviderError
from reels.loudness import RATE
from reels.music import music_maker
from reels.music.elevenlabs import MOODS, prompt


@pytest.fixture(autouse=True)
def _cloud(cloud):
    return cloud


def samples_of(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return pcm.reshape(-1, 2).T / 32768.0


@pytest.mark.parametrize("duration_s", [1.0, 4.5])
def test_music_lasts_as_long_as_asked_and_ends_softly(cloud, duration_s, tmp_path) -> None:
    maker = music_maker("elevenlabs")
    path = maker.compose(mood="calm", duration_s=duration_s, seed=3, to=tmp_path / "m.wav")

    music = samples_of(path)
    assert music.shape[1] == round(duration_s * RATE)
    assert np.abs(music[:, : RATE // 2]).max() > 0.05
    assert np.abs(music[:, -200:]).max() < 0.002
    (call,) = cloud.state.counted("elevenlabs", "music")
    assert call.model == "music_v2"
    assert call.units["credit"] == 45 * max(duration_s, 3.0)


def test_a_piece_that_is_too_short_is_repeated_without_a_gap(tmp_path) -> None:
    data, _ = encoded(composed(4.0), "mp3_44100_128")

    save_music(data, tmp_path / "m.wav", seconds=11.0, fade_s=1.0, provider="x")

    music = samples_of(tmp_path / "m.wav")
    assert music.shape[1] == 11 * RATE
    level = np.sqrt(np.mean(music[:, : 9 * RATE].reshape(2, -1, RATE // 2) ** 2, axis=(0, 2)))
    assert level.min() > 0.4 * level.max()


def test_a_piece_that_misses_its_length_by_a_little_is_not_started_anew(tmp_path) -> None:
    data, _ = encoded(composed(4.0), "mp3_44100_128")

    save_music(data, tmp_path / "m.wav", seconds=4.5, fade_s=1.0, provider="x")

    music = samples_of(tmp_path / "m.wav")
    assert music.shape[1] == round(4.5 * RATE)
    assert np.abs(music[:, round(4.1 * RATE) :]).max() < 0.001


@pytest.mark.parametrize("duration_s", [0.0, -1.0, 7201.0, float("nan")])
def test_a_length_that_cannot_be_is_refused_for_nothing(cloud, duration_s, tmp_path) -> None:
    with pytest.raises(ProviderError):
        music_maker("elevenlabs").compose(
            mood="calm", duration_s=duration_s, seed=1, to=tmp_path / "m.wav"
        )
    assert cloud.state.calls == []


@pytest.mark.parametrize("mood", list(MOODS))
def test_every_mood_has_its_own_words(mood) -> None:
    assert MOODS[mood] in prompt(mood.upper(), 0)
    assert "No vocals" in prompt(mood, 0)


def test_another_mood_is_told_as_it_is_and_seeds_change_the_instruments() -> None:
    assert "its mood is: like a  rainy".replace("  ", " ") in prompt("like a\n rainy day", 0)
    assert MOODS["calm"] in prompt("", 0)
    assert len({prompt("calm", seed) for seed in range(8)}) == 4
    assert len(prompt("x" * 5_000, 0)) < 700


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"<html>", b"noise" * 99, b"ID3" + bytes(2_000), b"\xff\xfb"]
)
def test_what_is_no_sound_is_bad_output(data, tmp_path) -> None:
    with pytest.raises(BadOutput) as failed:
        save_music(data, tmp_path / "m.wav", seconds=1, fade_s=0, provider="maker")

    assert failed.value.provider == "maker"


def test_the_version_names_the_model(monkeypatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_MUSIC_MODEL_ID", "music_v9")
    assert "music_v9" in music_maker("elevenlabs").version
