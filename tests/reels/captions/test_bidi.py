"""Capitals stand for nothing here: the texts are real, the orders those of UAX #9."""

from __future__ import annotations

import pytest

from reels.captions.bidi import levels, visual_order


@pytest.mark.parametrize(
    ("logical", "rtl", "seen"),
    [
        ("abc def", False, "abc def"),
        ("שלום עולם", True, "םלוע םולש"),
        ("ראה iPhone 15 עכשיו", True, "וישכע iPhone 15 האר"),
        ("see שלום עולם now", False, "see םלוע םולש now"),
        ("מחיר 10-20, 30% פה", True, "הפ 30% ,10-20 ריחמ"),
        ("עד 12:30 היום", True, "םויה 12:30 דע"),
        ("العام 2024 و 2025", True, "2025 و 2024 ماعلا"),
        ("abc שלום 5", False, "abc 5 םולש"),
    ],
)
def test_a_line_is_seen_in_the_order_of_the_bidirectional_algorithm(
    logical: str, rtl: bool, seen: str
) -> None:
    order = visual_order(levels(logical, rtl))
    assert "".join(logical[index] for index in order) == seen


def test_brackets_around_a_word_take_the_direction_of_the_line() -> None:
    assert levels("הים (שלום) כן", True) == [1] * 13


def test_nothing_has_no_order() -> None:
    assert visual_order([]) == []
