"""Wrapping and fitting by measured width."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reels.fonts import drawable
from reels.typography.wrap import line_width, set_block

LETTERS = st.text(
    st.sampled_from("abcWМЖщёЙ 日本語한국กำαβ-—.,!?\u0301  مرحبا"), min_size=1, max_size=160
)


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=60, deadline=None)
@given(LETTERS, st.integers(28, 140), st.integers(300, 1000))
def test_no_line_is_wider_than_its_box_and_no_letter_is_lost(
    text: str, size: int, width: int
) -> None:
    block = set_block(drawable(text), "display", size, width, 1.1)
    assert all(line_width(line, "display", size) <= width for line in block.lines)
    assert squeezed("".join(block.lines)) == squeezed(drawable(text))


def test_lines_are_of_like_length() -> None:
    """The last line of a headline is not one lonely word."""
    block = set_block("A headline of several words that wraps", "display", 90, 900, 1.1)
    widths = [line_width(line, "display", 90) for line in block.lines]
    assert len(widths) > 1
    assert min(widths) > 0.6 * max(widths)


def test_a_word_that_is_too_wide_is_cut_into_like_parts() -> None:
    block = set_block("ы" * 60, "display", 60, 600, 1.1)
    assert not block.whole_words
    lengths = [len(line) for line in block.lines]
    assert max(lengths) - min(lengths) <= max(2, len(lengths))


def test_even_lines_are_as_many_as_full_ones() -> None:
    text = "Строительство остановили почти на сто лет, и глина успела затвердеть под ним"
    for size in (40, 70, 100):
        even = set_block(text, "display", size, 886, 1.1)
        full = set_block(text, "display", size, 886, 1.1, even=False)
        assert len(even.lines) == len(full.lines)


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_to_set_takes_no_room(text: str) -> None:
    assert set_block(text, "display", 60, 600, 1.1).height_px == 0
