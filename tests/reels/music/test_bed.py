from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from reels import loudness
from reels.errors import InvalidInput, ProviderError
from reels.music import music_maker
from reels.music.bed import MOODS, Bed

pytestmark = pytest.mark.slow

RATE = 48_000


def _read(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 2, 2)
        raw = file.readframes(file.getnframes())
    return np.frombuffer(raw, "<i2").reshape(-1, 2).T / np.float32(32768)


def _bed(folder: Path, mood: str = "calm", duration_s: float = 6.0, seed: int = 1) -> Path:
    return Bed().compose(mood=mood, duration_s=duration_s, seed=seed, to=folder / "bed.wav")


@pytest.mark.parametrize("mood", MOODS)
def test_a_bed_is_stereo_of_its_length_and_neither_silent_nor_clipped(
    tmp_path: Path, mood: str
) -> None:
    sound = _read(_bed(tmp_path, mood))
    assert sound.shape == (2, 6 * RATE)
    assert -26 < loudness.loudness_of(sound.astype(np.float32)) < -14
    assert np.abs(sound).max() < 0.6
    assert 0 < np.corrcoef(sound)[0, 1] < 0.9


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = _bed(tmp_path).read_bytes()
    assert _bed(tmp_path).read_bytes() == first
    assert _bed(tmp_path, seed=2).read_bytes() != first
    assert _bed(tmp_path, mood="bright").read_bytes() != first


def test_a_bed_builds_up_and_fades_out(tmp_path: Path) -> None:
    sound = _read(_bed(tmp_path, duration_s=30.0))
    power = np.square(sound).mean(axis=0)
    start, later = power[: 2 * RATE].mean(), power[18 * RATE : 26 * RATE].mean()
    assert later > 1.5 * start
    assert power[-RATE // 10 :].max() < later / 50


def test_a_long_bed_repeats_without_a_click(tmp_path: Path) -> None:
    sound = _read(_bed(tmp_path, "bright", duration_s=60.0))
    step = np.abs(np.diff(sound[0]))
    assert step.max() < 0.12


def test_a_mood_that_is_not_known_sounds_calm(tmp_path: Path) -> None:
    assert _bed(tmp_path, mood="baroque").read_bytes() == _bed(tmp_path, "calm").read_bytes()


@pytest.mark.parametrize("duration_s", [0, -1, 1e9])
def test_an_impossible_length_is_refused(tmp_path: Path, duration_s: float) -> None:
    with pytest.raises(ProviderError, match="cannot last"):
        _bed(tmp_path, duration_s=duration_s)


def test_makers_are_found_by_name_and_others_refused_by_name() -> None:
    assert music_maker("bed").name == "bed"
    with pytest.raises(InvalidInput, match="Music makers that there are: bed"):
        music_maker("orchestra")
