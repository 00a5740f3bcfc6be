from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reels import ffmpeg
from reels.errors import CheckFailed, RenderError
from reels.loudness import SILENT_LUFS, Meter, loudness_of, measure, true_peaks
from tests.reels.render_kit import RATE, speech_like, write_wav


def _tone(seconds: float, level: float, hertz: float = 1000.0) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.parametrize(("hertz", "lufs"), [(997, -20.0), (100, -21.82), (5000, -16.68)])
def test_a_tone_has_the_loudness_of_the_recommendation(hertz: float, lufs: float) -> None:
    """As its filters' coefficients have it, for -20 dBFS on both sides."""
    assert loudness_of(_tone(5, 0.1, hertz)) == pytest.approx(lufs, abs=0.05)


def test_silence_in_between_does_not_count() -> None:
    loud, quiet = _tone(3, 0.2), np.zeros((2, 5 * RATE), np.float32)
    with_pause = np.concatenate([loud, quiet, loud], axis=1)
    assert loudness_of(with_pause) == pytest.approx(loudness_of(loud), abs=0.5)


def test_a_sound_in_pieces_reads_as_it_does_at_once() -> None:
    sound = np.stack([speech_like(6, 0.1, n) for n in (0, 1)]).astype(np.float32)
    meter = Meter()
    for start in range(0, sound.shape[1], 7777):
        meter.add(sound[:, start : start + 7777])
    assert meter.read().integrated_lufs == pytest.approx(loudness_of(sound), abs=0.01)


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.39])
def test_what_is_shorter_than_a_gating_block_counts_as_if_it_went_on(seconds: float) -> None:
    assert loudness_of(_tone(seconds, 0.2)) == pytest.approx(loudness_of(_tone(2, 0.2)), abs=0.5)


@pytest.mark.parametrize("sound", [np.zeros((2, 0)), np.zeros((2, 100)), np.zeros((2, 2 * RATE))])
def test_silence_reads_as_silence(sound: np.ndarray) -> None:
    meter = Meter(true_peak=True)
    meter.add(sound.astype(np.float32))
    found = meter.read()
    assert (found.integrated_lufs, found.true_peak_dbtp) == (SILENT_LUFS, -120.0)


def test_a_file_reads_as_its_samples_do(tmp_path: Path) -> None:
    sound = np.stack([speech_like(4, 0.1, n) for n in (0, 1)]).astype(np.float32)
    found = measure(write_wav(tmp_path / "x.wav", sound))
    assert found.integrated_lufs == pytest.approx(loudness_of(sound), abs=0.05)
    assert found.true_peak_dbtp == pytest.approx(20 * np.log10(true_peaks(sound).max()), abs=0.2)


def test_a_file_without_sound_cannot_be_measured(tmp_path: Path) -> None:
    picture = tmp_path / "silent.mp4"
    ffmpeg.run(["-f", "lavfi", "-i", "color=s=64x64:d=0.2", picture.name], tmp_path, 30)
    with pytest.raises(CheckFailed, match="no sound"):
        measure(picture)
    (tmp_path / "x.m4a").write_bytes(b"not a sound")
    with pytest.raises(RenderError, match=r"x\.m4a cannot be read"):
        measure(tmp_path / "x.m4a")


def test_a_full_scale_sine_between_the_samples_has_its_true_peak() -> None:
    """At a quarter of the sampling rate and 45 degrees, samples show 3 dB less than there is."""
    sound = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4).astype(np.float32)[None]
    assert np.abs(sound).max() < 0.71
    assert true_peaks(sound)[:, 100:-100].max() == pytest.approx(1.0, abs=0.01)
