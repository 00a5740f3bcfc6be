"""Sentences end where a reader would say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.storyboard.sentences import clauses, join, sentences, short_pieces, weight


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith and Mr. Jones met St. John.",
        "It grew by 3.14 times, i.e. a lot, e.g. in Rome.",
        "J. R. R. Tolkien lived here.",
        "The U.S. Army lost.",
        "В 1932 г. Австралия воевала с птицами, т.е. с эму, и т.д. и т.п.",
        "А. С. Пушкин жил на ул. Мойка, д. 12.",
        "Wait… what happened?",
        "See Fig. 3 on this.",
        "It cost 5 млн. рублей.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert sentences(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? Four…  Five", 5),
        ("“Really?” She left. (He stayed.) Done.", 4),
        ("Это раз. «А это два!» И три.", 3),
        ("你好。今天天气很好！你呢？", 3),
        ("यह एक है। यह दो है।", 2),
        ("هل هذا صحيح؟ نعم.", 2),
        ("I said no. Then I left.", 2),
    ],
)
def test_sentences_are_counted_as_a_reader_counts(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_clauses_end_at_commas_and_before_dashes() -> None:
    assert clauses("He came, he saw — and left: gone") == [
        "He came,",
        "he saw",
        "— and left:",
        "gone",
    ]


@given(st.text(st.sampled_from("ab В日本。.,;—!? "), max_size=300), st.integers(2, 20))
def test_pieces_joined_again_are_the_text(text: str, most: int) -> None:
    pieces = [p for s in sentences(text) for p in short_pieces(s, most, 40)]
    assert "".join(join(pieces).split()) == "".join(text.split())
    assert all(len(piece) <= 40 for piece in pieces)


def test_a_long_sentence_is_cut_into_parts_of_like_weight() -> None:
    pieces = short_pieces("word " * 60, 22, 240)
    weights = [weight(piece) for piece in pieces]
    assert len(weights) == 3
    assert max(weights) - min(weights) <= 3
