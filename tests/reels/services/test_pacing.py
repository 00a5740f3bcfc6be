"""Pictures change with the voice."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reels.models import FPS
from reels.services.base import TaskResult
from reels.services.pacing import FIRST_WORD_S, shown_frames
from tests.reels.services.kit import words_of

WORD_S = 0.4
THREE = "One two three four.\n\nFive six seven eight nine ten.\n\nEleven twelve."


def voice(text: str, *, timed: bool = True) -> TaskResult:
    words = words_of(text, WORD_S)
    lasts_s = len(words) * WORD_S
    return TaskResult(kind="sound", text=text, duration_s=lasts_s, words=words if timed else None)


def starts_s(shown: list[tuple[int, int]]) -> list[float]:
    starts, at = [], 0
    for _, frames in shown:
        starts.append(at / FPS)
        at += frames
    return starts


def whole_s(shown: list[tuple[int, int]]) -> float:
    return sum(frames for _, frames in shown) / FPS


def test_each_picture_comes_between_the_words_of_its_part_and_those_before() -> None:
    starts = starts_s(shown_frames(voice(THREE), 3))
    assert starts[1:] == pytest.approx(
        [FIRST_WORD_S + 4 * WORD_S, FIRST_WORD_S + 10 * WORD_S], abs=0.05
    )


def test_without_times_of_words_parts_take_their_share_of_the_voice() -> None:
    timed, untimed = (shown_frames(voice(THREE, timed=known), 3) for known in (True, False))
    assert [frames for _, frames in untimed] == pytest.approx(
        [frames for _, frames in timed], abs=3
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7, 60])
def test_the_video_lasts_a_little_longer_than_the_voice_whatever_is_shown(count: int) -> None:
    said = voice(" ".join(["Word after word."] * 20))
    shown = shown_frames(said, count)
    assert said.duration_s is not None
    assert 1.0 < whole_s(shown) - said.duration_s < 2.0
    assert min(frames for _, frames in shown) >= FPS


def test_60_pictures_of_a_short_text_are_thinned_out_evenly_and_stay_in_order() -> None:
    shown = [number for number, _ in shown_frames(voice("One two three. " * 8), 60)]
    assert shown == sorted(set(shown))
    assert shown[0] == 0
    assert shown[-1] > 50
    assert max(later - earlier for earlier, later in pairwise(shown)) <= 8


def test_pictures_of_one_part_share_its_time_alike() -> None:
    shown = shown_frames(voice("One two three four five six seven eight nine ten."), 3)
    middle = [frames for _, frames in shown]
    assert len(middle) == 3
    assert max(middle) - min(middle) < 1.6 * FPS


def test_without_a_voice_every_picture_has_its_three_seconds() -> None:
    assert shown_frames(None, 4) == [(number, 3 * FPS) for number in range(4)]


def test_a_text_without_spaces_is_paced_by_its_signs() -> None:
    text = "猫为什么会打呼噜。因为它们很开心，也因为它们很累。"
    said = TaskResult(kind="sound", text=text, duration_s=8.0, words=words_of("猫 为 什么"))
    assert 2.0 < starts_s(shown_frames(said, 2))[1] < 5.0
