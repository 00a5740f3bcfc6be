"""Where lines may break."""

from __future__ import annotations

from reels.typography.breaks import tokens


def test_words_break_at_spaces_and_after_hyphens() -> None:
    assert [t.text for t in tokens("well-known people")] == ["well-", "known", "people"]


def test_a_short_word_stays_with_the_next_and_a_dash_with_the_one_before() -> None:
    assert [t.text for t in tokens("дом в лесу — мой")] == ["дом", "в лесу —", "мой"]


def test_han_breaks_between_letters_but_not_before_a_full_stop() -> None:
    assert [t.text for t in tokens("你好。世界")] == ["你", "好。", "世", "界"]


def test_no_space_comes_between_letters_of_unspaced_scripts() -> None:
    assert [t.spaced for t in tokens("你好 世界")] == [False, False, True, False]
