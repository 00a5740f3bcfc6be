"""What is lit at once, and where lines may break."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reels.captions.tokens import Token, joined, may_break, tokens
from tests.reels.captions.kit import ARABIC, CHINESE, ENGLISH, JAPANESE, RUSSIAN, THAI


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, CHINESE, JAPANESE, THAI, ARABIC])
def test_tokens_put_together_are_the_text(text: str) -> None:
    assert joined(tokens(text)) == text


def test_scripts_with_spaces_are_cut_at_spaces_only() -> None:
    assert [t.text for t in tokens("매일 dit-il, «утро»")] == ["매일", "dit-il,", "«утро»"]


def test_chinese_is_cut_between_letters_and_marks_stay_with_theirs() -> None:
    assert [t.text for t in tokens("你好，世界（AI）。")] == ["你", "好，", "世", "界", "（AI）。"]


def test_japanese_is_cut_into_stems_with_their_kana() -> None:
    assert [t.text for t in tokens("「海」は広い、コーヒーを飲む。")] == [
        "「海」",
        "は",
        "広い、",
        "コーヒーを",
        "飲む。",
    ]


def test_no_token_of_japanese_is_long() -> None:
    assert (
        max(len(t.text) for t in tokens("ありがとうございますデータベースマネジメント" * 3)) <= 11
    )


def test_a_thai_vowel_stays_with_its_consonant() -> None:
    assert [t.text for t in tokens("เราไป")] == ["เรา", "ไป"]


def test_only_words_that_had_a_space_have_one() -> None:
    assert [t.spaced for t in tokens("你好 ok")] == [False, False, True]


@pytest.mark.parametrize("text", ["Salut !", "« oui", "oui »", "море — небо"])
def test_a_lone_mark_stays_with_its_word(text: str) -> None:
    parts = tokens(text)
    assert not all(may_break(a, b) for a, b in pairwise(parts))
    assert may_break(Token("море", False), Token("небо", True))
