from __future__ import annotations

import numpy as np
import pytest

from reels.ducking import DEPTH_DB, Duck
from tests.reels.render_kit import RATE


def _gains(spoken: list[tuple[int, int]], seconds: float, piece: int = 0) -> np.ndarray:
    """What is left of a constant, applied in pieces."""
    duck, size = Duck(spoken), round(seconds * RATE)
    block = np.ones((2, size), np.float32)
    for first in range(0, size, piece or size):
        duck.apply(block[:, first : first + (piece or size)], first)
    assert np.array_equal(block[0], block[1])
    return block[0]


def test_music_is_down_when_a_line_starts_and_comes_back_softly() -> None:
    gains = _gains([(RATE, 2 * RATE), (2 * RATE + 9600, 3 * RATE)], 6)
    floor = 10 ** (-DEPTH_DB / 20)
    assert gains[0] == gains[-1] == 1
    assert gains[RATE : 3 * RATE] == pytest.approx(floor, abs=1e-3)
    # No step that could be heard: under a decibel in 10 ms.
    assert np.abs(20 * np.log10(gains[480:] / gains[:-480])).max() < 1.0


def test_lines_with_no_room_between_are_one_turn_and_others_are_not() -> None:
    close = _gains([(RATE, 2 * RATE), (3 * RATE, 4 * RATE)], 6)
    apart = _gains([(RATE, 2 * RATE), (4 * RATE, 5 * RATE)], 7)
    assert close[RATE : 4 * RATE].max() < 0.4
    assert apart[round(3.2 * RATE)] == 1


def test_ducking_is_the_same_in_any_pieces() -> None:
    spoken = [(0, RATE // 2), (3 * RATE, 4 * RATE)]
    assert np.array_equal(_gains(spoken, 6), _gains(spoken, 6, 7777))


def test_music_without_lines_is_left_alone() -> None:
    assert (_gains([], 2) == 1).all()
