"""Stages appear as the words are spoken that name them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reels.models import Word
from reels.visuals.base import MAX_STAGES, Stage
from reels.visuals.cueing import LEAST_S, starts

PACE_S = 0.5


def staged(*texts: str) -> list[Stage]:
    return [Stage(spec={}), *(Stage(spec={}, text=text) for text in texts)]


def said(line: str, pace_s: float = PACE_S) -> list[Word]:
    return [
        Word(text=text, start_s=n * pace_s, end_s=(n + 0.9) * pace_s)
        for n, text in enumerate(line.split())
    ]


def named(line: str, *texts: str) -> list[str]:
    """The word at whose start each stage but the first appears."""
    words = said(line)
    times = starts(staged(*texts), words, len(words) * PACE_S + 1)
    return [words[round(time / PACE_S)].text for time in times[1:]]


@pytest.mark.parametrize(
    ("line", "texts", "expected"),
    [
        (
            "Three rules for sleep. Go to bed early, then drink no coffee, and keep it dark.",
            ["Early to bed", "No coffee after noon", "A dark room"],
            ["bed", "coffee,", "dark."],
        ),
        (
            "Сначала мы сохраняем данные, потом обучаем модель и в конце проверяем результаты.",
            ["Сохранение данных", "Обучение модели", "Проверка результата"],
            ["сохраняем", "обучаем", "проверяем"],
        ),
        (
            "Zuerst wählen wir die Häuser aus. Danach rechnen wir mit den alten Preisen weiter.",
            ["Auswahl des Hauses", "Rechnung mit Preisen"],
            ["Häuser", "rechnen"],
        ),
        (
            "Im Jahr 1969 war es soweit, in 2024 aber sind es schon 10,000 davon.",
            ["1969", "2024", "10 000"],
            ["1969", "2024", "10,000"],
        ),
        (
            "我们 先 保存 数据 ， 然后 训练 模型 ， 最后 检查 结果 。",
            ["保存数据", "训练模型", "检查结果"],
            ["保存", "训练", "检查"],
        ),
    ],
)
def test_a_stage_appears_with_the_words_that_name_it_in_any_form(
    line: str, texts: list[str], expected: list[str]
) -> None:
    assert named(line, *texts) == expected


def test_stages_stay_in_order_when_an_earlier_word_would_fit_a_later_one() -> None:
    """ "Models" stands at the start too, where the first bullet has not been named yet."""
    line = "Models are fun. First gather the data, then train the models."
    assert named(line, "Gather data", "Train models") == ["gather", "train"]


def test_words_that_are_in_every_sentence_name_nothing() -> None:
    line = "It is the way of the world, and the river is the longest of them all."
    assert named(line, "The river") == ["river"]


def test_what_nobody_names_is_spread_evenly_between_its_neighbours() -> None:
    words = said("one two three four five six seven eight alpha ten")
    times = starts(staged("x1", "x2", "alpha", "x3"), words, 10.0)
    assert times == pytest.approx((0, 4 / 3, 8 / 3, 4, 7))


def test_without_words_all_stages_are_spread_evenly() -> None:
    assert starts(staged("a", "b", "c"), [], 8.0) == pytest.approx((0, 2, 4, 6))


def test_a_bullet_that_is_named_at_once_is_there_from_the_start() -> None:
    times = starts(staged("Coffee", "Tea"), said("Coffee first and then tea"), 3.0)
    assert times == (0, 0, 2.0)


def test_stages_named_in_one_breath_follow_one_another() -> None:
    words = said("So we have cats dogs birds and fish", pace_s=0.2)
    times = starts(staged("cats", "dogs", "birds", "fish"), words, 4.0)
    assert times == pytest.approx((0, 0.6, 1.0, 1.4, 1.8))


def test_stages_without_room_start_with_the_next() -> None:
    assert starts(staged(*"abcdefgh"), [], 1.3) == pytest.approx((0,) + (0.9,) * 8, abs=0.51)
    assert starts(staged("a", "b"), [], 0.5) == (0, 0, 0)
    assert starts([], [], 3.0) == ()


TEXTS = st.text(st.sampled_from("abcdeжзи данные 日本語 models 123 ,."), max_size=24)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(TEXTS, max_size=MAX_STAGES - 1),
    st.lists(st.tuples(TEXTS.filter(bool), st.floats(0, 30)), max_size=40),
    st.floats(0, 30),
)
def test_starts_rise_from_nought_and_leave_each_stage_its_time(
    texts: list[str], spoken: list[tuple[str, float]], duration_s: float
) -> None:
    """Also with words out of order, or beyond the end."""
    words = [Word(text=text, start_s=start, end_s=start + 0.2) for text, start in spoken]
    times = starts(staged(*texts), words, duration_s)
    assert len(times) == len(texts) + 1
    assert times[0] == 0
    for before, after in pairwise([*sorted(set(times)), duration_s]):
        assert after - before >= LEAST_S - 1e-9 or set(times) == {0.0}
    assert list(times) == sorted(times)
