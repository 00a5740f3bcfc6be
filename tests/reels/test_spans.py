"""The rules of word times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reels.models import Word
from reels.spans import MIN_WORD_S, fit_words, shift, word_ranges

_SPAN = st.none() | st.tuples(st.floats(-1, 12), st.floats(-1, 12))


@given(st.lists(_SPAN, max_size=40), st.floats(0.2, 10))
def test_words_are_in_order_apart_and_inside_whatever_the_spans(spans, duration_s) -> None:
    words = fit_words([f"w{n}" for n in range(len(spans))], spans, duration_s)

    assert [word.text for word in words] == [f"w{n}" for n in range(len(spans))]
    previous_s = 0.0
    for word in words:
        assert previous_s <= word.start_s < word.end_s <= duration_s + 1e-4
        previous_s = word.end_s


def test_good_spans_are_left_as_they_are() -> None:
    words = fit_words(["a", "b"], [(0.1, 0.4), (0.5, 0.9)], 1.0)

    assert [(word.start_s, word.end_s) for word in words] == [(0.1, 0.4), (0.5, 0.9)]


def test_silent_words_share_the_gap_between_their_neighbours() -> None:
    words = fit_words(["a", "—", "…", "b"], [(0.0, 0.4), None, None, (0.8, 1.0)], 1.0)

    assert [(word.start_s, word.end_s) for word in words] == [
        (0.0, 0.4),
        (0.4, 0.6),
        (0.6, 0.8),
        (0.8, 1.0),
    ]


def test_a_silent_word_without_a_gap_takes_a_little_of_the_word_before() -> None:
    words = fit_words(["a", "—", "b"], [(0.0, 0.5), None, (0.5, 1.0)], 1.0)

    assert (words[0].end_s, words[1].end_s) == (0.5 - MIN_WORD_S, 0.5)


def test_ranges_find_equal_words_in_turn_across_any_white_space() -> None:
    line = "a\u00a0a\n a"

    assert word_ranges(line) == [(0, 1), (2, 3), (5, 6)]


def test_shift_moves_every_word_by_the_start_of_its_line() -> None:
    line = (Word(text="a", start_s=0.1, end_s=0.4), Word(text="b", start_s=0.4, end_s=0.9))

    moved = shift(line, 12.5)

    assert [(word.text, word.start_s, word.end_s) for word in moved] == [
        ("a", 12.6, 12.9),
        ("b", 12.9, 13.4),
    ]
