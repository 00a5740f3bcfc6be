"""Times of characters become times of words, or nothing when they cannot be."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from reels.characters import words_of
from tests.reels.sound import assert_covers

STEP_S = 0.1


def told(text: str, **changed: Any) -> dict[str, Any]:
    """Every character lasts a tenth of a second."""
    return {
        "characters": list(text),
        "character_start_times_seconds": [n * STEP_S for n in range(len(text))],
        "character_end_times_seconds": [(n + 1) * STEP_S for n in range(len(text))],
        **changed,
    }


def test_a_word_lasts_from_its_first_letter_to_its_last() -> None:
    words = words_of("Tea, “is” it.", told("Tea, “is” it."), 1.4)

    assert words is not None
    assert [(each.text, each.start_s, each.end_s) for each in words] == [
        ("Tea,", 0.0, 0.3),
        ("“is”", 0.6, 0.8),
        ("it.", 1.0, 1.2),
    ]


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("café à la", unicodedata.normalize("NFD", "café à la")),
        ("cafe\u0301 now", "café now"),
        ("Ёлка и йод", unicodedata.normalize("NFD", "Ёлка и йод")),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("STRASSE hier", "straße hier"),
        ("one\ttwo\u00a0three\nfour", "one two  three four"),
        ("so 🙂 good • **bold**", "so  good  bold"),
        ("“quoted” — text…", "quoted text"),
        ("1️⃣ & 2", "1 2"),
    ],
)
def test_letters_are_the_same_in_any_form_and_marks_may_be_missing(line, heard) -> None:
    words = words_of(line, told(heard), 5.0)

    assert_covers(words, line, 5.0)


def test_what_was_sent_counts_where_marks_were_blanked() -> None:
    words = words_of("a & <b> 🙂", told("a &  b   "), 1.0, sent="a &  b   ")

    assert words is not None
    assert [(each.text, each.start_s) for each in words][:3] == [
        ("a", 0.0),
        ("&", 0.2),
        ("<b>", 0.5),
    ]


def test_several_characters_may_come_in_one_piece() -> None:
    pieces = {
        "characters": ["don't", " ", "sto", "p."],
        "character_start_times_seconds": [0.0, 0.4, 0.5, 0.7],
        "character_end_times_seconds": [0.4, 0.5, 0.7, 0.9],
    }
    words = words_of("don't stop.", pieces, 1.0)

    assert words is not None
    assert [(each.start_s, each.end_s) for each in words] == [(0.0, 0.4), (0.5, 0.9)]


LINE = "ab cd"
STARTS = [0.0, 0.1, 0.2, 0.3, 0.4]
ENDS = [0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "text",
        {},
        told("other text"),
        told(LINE, characters=None),
        told(LINE, characters=["a", "b", 3, "c", "d"]),
        told(LINE, characters=[], character_start_times_seconds=[], character_end_times_seconds=[]),
        told(LINE, character_start_times_seconds=STARTS[:-1]),
        told(LINE, character_end_times_seconds=[*ENDS, 0.6]),
        told(LINE, character_start_times_seconds=[0.0, 0.1, 0.4, 0.3, 0.4]),
        told(LINE, character_start_times_seconds=[-1.0, 0.1, 0.2, 0.3, 0.4]),
        told(LINE, character_start_times_seconds=[0.0, None, 0.2, 0.3, 0.4]),
        told(LINE, character_start_times_seconds=[0.0, float("nan"), 0.2, 0.3, 0.4]),
        told(LINE, character_end_times_seconds=[0.1, 0.2, 0.3, 0.2, 0.5]),
        told(LINE, character_end_times_seconds=[0.1, 0.2, 0.3, 0.4, float("inf")]),
        told(LINE, character_end_times_seconds=[0.1, 0.2, 0.3, 0.4, 9.0]),
        told(LINE, character_start_times_seconds=[0.0] * 5, character_end_times_seconds=[0.0] * 5),
    ],
)
def test_times_that_cannot_be_are_no_times(broken) -> None:
    assert words_of(LINE, broken, 0.6) is None
