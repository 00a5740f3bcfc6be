"""Beats: found where they are, and not where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from reels.beats import RATE_HZ, Mono, beats


def clicks(bpm: float, seconds: float, first_s: float) -> tuple[Mono, np.ndarray]:
    """Short tones, and when they are."""
    sound = np.zeros(round(seconds * RATE_HZ), np.float32)
    at_s = np.arange(first_s, seconds - 0.1, 60 / bpm)
    t = np.arange(round(0.03 * RATE_HZ)) / RATE_HZ
    click = (0.5 * np.exp(-t / 0.006) * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    for start in np.round(at_s * RATE_HZ).astype(int):
        sound[start : start + len(click)] += click
    return sound, at_s


def band(bpm: float, seconds: float) -> tuple[Mono, np.ndarray]:
    """A drum on every beat, a cymbal between two, chords under both, and some noise."""
    random = np.random.default_rng(1)
    sound, at_s = clicks(bpm, seconds, 0.2)
    t = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    drum = 0.6 * np.exp(-t / 0.05) * np.sin(2 * np.pi * 70 * t)
    cymbal = 0.08 * np.exp(-t / 0.02) * random.standard_normal(len(t))
    for start in np.round(at_s * RATE_HZ).astype(int):
        for part, at in ((drum, start), (cymbal, start + round(30 / bpm * RATE_HZ))):
            room = sound[at : at + len(part)]
            room += part[: len(room)].astype(np.float32)
    at = np.arange(len(sound)) / RATE_HZ
    chord = 0.1 * np.sin(2 * np.pi * 220 * 2 ** (np.floor(at / 2) % 4 / 12) * at)
    return (sound + chord + 0.01 * random.standard_normal(len(at))).astype(np.float32), at_s


@pytest.mark.parametrize(("bpm", "first_s"), [(120, 0.37), (97.3, 0.5), (75, 0.0), (140, 0.2)])
def test_the_beats_of_a_click_track_are_found_within_10_ms(bpm: float, first_s: float) -> None:
    sound, at_s = clicks(bpm, 30, first_s)
    found = np.array(beats(sound))

    assert len(found) == pytest.approx(len(at_s), abs=2)
    assert np.abs(found[:, None] - at_s).min(axis=1).max() < 0.01


@pytest.mark.parametrize("bpm", [92, 128])
def test_the_beats_of_a_band_are_its_drums(bpm: float) -> None:
    sound, at_s = band(bpm, 40)
    found = np.array(beats(sound))

    assert len(found) == pytest.approx(len(at_s), abs=2)
    late = (found - at_s[0]) % (60 / bpm)
    assert np.minimum(late, 60 / bpm - late).max() < 0.015


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(RATE_HZ * 10, np.float32),
        np.zeros(0, np.float32),
        np.sin(np.arange(RATE_HZ * 10) * 0.2).astype(np.float32),
        np.random.default_rng(0).standard_normal(RATE_HZ * 20).astype(np.float32) / 10,
        clicks(120, 2.5, 0)[0],
    ],
    ids=["silence", "nothing", "tone", "noise", "too short"],
)
def test_where_there_is_no_rhythm_no_beats_are_found(sound: Mono) -> None:
    assert beats(sound) == ()
