"""Dynamic time warping by itself."""

from __future__ import annotations

import numpy as np
import pytest

from reels.words.features import RATE_HZ, features
from reels.words.sound import silences
from reels.words.warp import warp


def rows(count: int, seed: int = 1) -> np.ndarray:
    """A smooth walk through eight dimensions: like speech, near in time is near in value."""
    steps = np.random.default_rng(seed).normal(0, 0.5, (count, 8))
    return np.cumsum(steps, axis=0).astype(np.float32)


def test_a_thing_lies_on_itself_at_no_cost() -> None:
    path = warp(rows(300), rows(300))

    assert path.mean_cost == pytest.approx(0, abs=1e-2)
    assert np.array_equal(path.reference, path.target)


def test_a_stretched_copy_is_followed_through_its_stretches() -> None:
    original = rows(400)
    played = np.concatenate([np.arange(0, 100), np.arange(100, 200, 0.5), np.arange(200, 400, 1.5)])

    path = warp(original, original[played.astype(int)])

    assert np.abs(path.reference - played[path.target]).max() <= 3


def test_a_path_goes_from_corner_to_corner_without_a_leap() -> None:
    path = warp(rows(200), rows(350, seed=2))

    assert (path.reference[0], path.target[0]) == (0, 0)
    assert (path.reference[-1], path.target[-1]) == (199, 349)
    steps = np.stack([np.diff(path.reference), np.diff(path.target)])
    assert steps.min() >= 0
    assert steps.max() == 1
    assert steps.sum(axis=0).min() >= 1


@pytest.mark.parametrize(("count", "width"), [(1, 1), (1, 50), (50, 1), (3, 900), (900, 3)])
def test_very_unequal_lengths_still_have_a_path(count, width) -> None:
    path = warp(rows(count), rows(width, seed=2))

    assert (path.reference[-1], path.target[-1]) == (count - 1, width - 1)


def test_features_do_not_depend_on_loudness() -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, RATE_HZ)

    assert features(sound) == pytest.approx(features(sound * 0.05), abs=1e-3)
    assert len(features(sound)) == 101


def test_silences_are_found_at_both_ends_and_in_between() -> None:
    tone = np.sin(np.arange(RATE_HZ) * 2 * np.pi * 300 / RATE_HZ) * 0.3
    gap = np.zeros(RATE_HZ // 4)

    found = silences(np.concatenate([gap, tone, gap, tone, gap]), RATE_HZ, 0.1)

    expected = [(0.0, 0.25), (1.25, 1.5), (2.5, 2.75)]
    assert np.array(found) == pytest.approx(np.array(expected), abs=0.03)
