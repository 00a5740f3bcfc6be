"""What scripts ask of typesetting."""

from __future__ import annotations

import pytest

from reels.scripts import clusters, columns, is_rtl, tears


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("и\u0306x", ["и\u0306", "x"]),
        ("👩\u200d🚀!", ["👩\u200d🚀", "!"]),
        ("🇺🇦🇩🇪", ["🇺🇦", "🇩🇪"]),
        ("👍🏽ok", ["👍🏽", "o", "k"]),
        ("क्षत्रिय", ["क्ष", "त्रि", "य"]),
        ("น้ำ", ["น้ำ"]),
        ("ខ្មែ", ["ខ្មែ"]),
    ],
)
def test_what_is_read_as_one_letter_stays_together(text: str, letters: list[str]) -> None:
    assert clusters(text) == letters


def test_a_pile_of_marks_that_no_script_writes_is_torn() -> None:
    assert max(len(cluster) for cluster in clusters("a" + "\u0301" * 290)) <= 16


def test_the_first_letter_with_a_direction_decides() -> None:
    assert is_rtl("12 שלום abc")
    assert not is_rtl("abc שלום")


@pytest.mark.parametrize("pair", ["好。", "（吃", "きょ", "ラー", "เก", "กา", "မန်"])
def test_no_line_may_break_where_a_reader_would_stumble(pair: str) -> None:
    before, after = clusters(pair)
    assert tears(before, after)


def test_wide_letters_count_as_two_and_marks_as_none() -> None:
    assert columns("日本") == 4
    assert columns("e\u0301t") == 2
