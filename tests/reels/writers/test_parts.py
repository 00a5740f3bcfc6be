"""Texts are shared out among slides at their natural joints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.storyboard.sentences import weight
from reels.writers.parts import GAP, paragraphs, part_for, parts_of

TEXT = "One two three. Four five six, seven eight. Nine ten."


def test_a_text_of_as_many_paragraphs_as_slides_gives_each_slide_its_own() -> None:
    text = GAP.join(("Short.", "A much longer paragraph. It has two sentences, or three.", "End."))
    assert parts_of(text, 3) == text.split(GAP)


def test_fewer_slides_get_whole_paragraphs_that_follow_each_other() -> None:
    text = GAP.join(("One two three.", "Four five six.", "Seven eight nine.", "Ten eleven."))
    assert parts_of(text, 2) == ["One two three. Four five six.", "Seven eight nine. Ten eleven."]


def test_a_paragraph_of_far_more_than_its_share_is_cut_between_sentences() -> None:
    long = " ".join(f"This is sentence {number}." for number in range(20))
    parts = parts_of(GAP.join(("Start.", long, "Middle.", "End.")), 3)
    assert max(map(weight, parts)) < 0.5 * weight(long)


def test_sentences_are_cut_into_clauses_only_when_there_are_too_few() -> None:
    assert parts_of(TEXT, 3) == ["One two three.", "Four five six, seven eight.", "Nine ten."]
    assert parts_of(TEXT, 4)[1:3] == ["Four five six,", "seven eight."]


def test_no_part_is_a_clause_of_one_word() -> None:
    text = "First, what do we know, really? Find one: small, concrete, easy to picture."
    assert all(weight(part) >= 2 for part in parts_of(text, 9))


def test_there_are_no_more_parts_than_clauses() -> None:
    assert parts_of("Cats purr.", 60) == ["Cats purr."]
    assert parts_of("", 5) == [""]


@given(
    st.lists(st.sampled_from(["Cats purr.", "Why, then?", "It is so,", "Да.", "猫。"])),
    st.integers(1, 9),
)
def test_joined_again_the_parts_are_the_text(pieces: list[str], count: int) -> None:
    text = " ".join(pieces)
    parts = parts_of(text, count)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert 1 <= len(parts) <= count


@pytest.mark.parametrize(("count", "parts"), [(60, 9), (9, 9), (5, 1), (3, 2)])
def test_slides_that_share_parts_follow_their_order_and_leave_none_out(
    count: int, parts: int
) -> None:
    belongs = [part_for(number, count, parts) for number in range(count)]
    assert belongs == sorted(belongs)
    assert set(belongs) == set(range(parts))


def test_headings_and_marks_of_a_text_are_not_spoken() -> None:
    assert paragraphs("# Cats\n\nThey **purr**.\n\n- a lot 🐈\n\n🎉") == ["They purr.", "a lot"]


def test_a_text_of_nothing_but_headings_speaks_them() -> None:
    assert paragraphs("# Cats\n\n## Dogs") == ["Cats", "Dogs"]
