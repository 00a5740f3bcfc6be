"""When the tokens of a caption are spoken."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reels.captions import timed_words
from reels.models import Cue, Word
from tests.reels.captions.kit import even_words, spoken


def _spans(cue: Cue) -> dict[str, tuple[float, float]]:
    return {w.text: (pytest.approx(w.start_s), pytest.approx(w.end_s)) for w in timed_words(cue)}


def test_words_that_match_keep_their_own_times() -> None:
    words = spoken("one two", start_s=2.0)
    assert timed_words(Cue(start_s=2, end_s=5, text="one  two", words=words)) == words


def test_a_text_without_words_is_spread_over_its_cue_by_length() -> None:
    timed = timed_words(Cue(start_s=2, end_s=5, text="one extraordinary edit"))
    assert timed[0].start_s == 2
    assert timed[-1].end_s == pytest.approx(5)
    lengths = [word.end_s - word.start_s for word in timed]
    assert lengths[1] == pytest.approx(lengths[0] * 14 / 3)


def test_a_corrected_word_takes_the_time_of_the_one_it_replaces() -> None:
    words = even_words("Their", "boat", "cant", "swim.")
    spans = _spans(Cue(start_s=0, end_s=2, text="There boat can't swim!", words=words))
    assert spans == {
        "There": (0, 0.5),
        "boat": (0.5, 1),
        "can't": (1, 1.5),
        "swim!": (1.5, 2),
    }


def test_a_word_that_was_put_in_shares_the_time_of_its_neighbour() -> None:
    words = even_words("one", "two")
    assert _spans(Cue(start_s=0, end_s=1, text="one more two", words=words))["two"] == (0.5, 1)
    first = _spans(Cue(start_s=0, end_s=1, text="now one two", words=words))
    assert first["now"][0] == 0
    assert first["two"] == (0.5, 1)


def test_a_word_that_was_taken_out_moves_no_other() -> None:
    words = even_words("one", "two", "three")
    spans = _spans(Cue(start_s=0, end_s=1.5, text="one three", words=words))
    assert spans == {"one": (0, 0.5), "three": (1, 1.5)}


def test_words_of_another_time_are_not_used() -> None:
    cue = Cue(start_s=8, end_s=9, text="one two", words=even_words("one", "two"))
    assert [word.start_s for word in timed_words(cue)] == [8, pytest.approx(8 + 3 / 7)]


def test_a_word_that_is_a_whole_phrase_is_spread_over_its_letters() -> None:
    cue = Cue(
        start_s=0, end_s=2, text="大海，早晨", words=(Word(text="大海，早晨", start_s=0, end_s=1),)
    )
    assert [w.text for w in timed_words(cue)] == ["大", "海，", "早", "晨"]
    assert [w.start_s for w in timed_words(cue)] == pytest.approx([0, 0.2, 0.6, 0.8])


def test_words_that_are_less_than_a_token_give_it_their_time() -> None:
    cue = Cue(start_s=0, end_s=2, text="飲みます", words=even_words("飲", "み", "ます"))
    assert [(w.text, w.start_s, w.end_s) for w in timed_words(cue)] == [("飲みます", 0, 1.5)]


@pytest.mark.parametrize("text", ["x", "b a", "zero one two three four", "one one one", "three"])
def test_whatever_the_edit_every_token_has_a_time_in_order(text: str) -> None:
    cue = Cue(start_s=0, end_s=2, text=text, words=even_words("one", "two", "three"))
    timed = timed_words(cue)
    assert " ".join(word.text for word in timed) == text
    assert all(0 <= word.start_s <= word.end_s <= 2 for word in timed)
    assert all(a.start_s <= b.start_s for a, b in pairwise(timed))
