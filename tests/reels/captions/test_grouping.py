"""Spoken words become cues that read well."""

from __future__ import annotations

import pytest

from reels.captions import MIN_CUE_S, cues_from_words
from reels.captions.lines import set_lines
from reels.captions.look import look_for
from reels.captions.tokens import tokens
from reels.models import SIZES_PX, CaptionLook, Word, check_cues
from reels.scripts import columns
from tests.reels.captions.kit import (
    ARABIC,
    CHINESE,
    ENGLISH,
    JAPANESE,
    LONG,
    RUSSIAN,
    THAI,
    even_words,
    spoken,
)

SPACED = [ENGLISH, RUSSIAN, ARABIC, LONG, "Да.", "a b c. d! e? f"]
UNSPACED = [JAPANESE, CHINESE, THAI]


@pytest.mark.parametrize("text", SPACED)
def test_cues_hold_every_word_once_in_order(text: str) -> None:
    words = spoken(text)
    cues = cues_from_words(words)
    assert [word for cue in cues for word in cue.words] == list(words)
    assert " ".join(cue.text for cue in cues) == " ".join(text.split())


@pytest.mark.parametrize("text", UNSPACED)
def test_a_word_that_is_a_whole_phrase_is_cut_and_nothing_is_lost(text: str) -> None:
    words = spoken(text)
    cues = cues_from_words(words)
    assert len(cues) > 1
    assert "".join(cue.text for cue in cues).replace(" ", "") == text.replace(" ", "")
    for cue in cues:
        said = "".join(word.text for word in cue.words)
        assert said == cue.text.replace(" ", "")
        assert all(cue.start_s <= word.start_s <= word.end_s <= cue.end_s for word in cue.words)


@pytest.mark.parametrize("text", [*SPACED, *UNSPACED])
@pytest.mark.parametrize("size_px", SIZES_PX.values())
@pytest.mark.parametrize("size", [1.0, 1.6])
def test_cues_fit_two_lines_at_the_size_of_their_look(
    text: str, size_px: tuple[int, int], size: float
) -> None:
    words = spoken(text)
    wanted = CaptionLook(size=size)
    cues = cues_from_words(words, size_px=size_px, look=wanted)
    check_cues(cues, words[-1].end_s + MIN_CUE_S)
    look = look_for(size_px, wanted)
    for cue in cues:
        setting = set_lines(tokens(cue.text), look)
        assert len(setting.lines) <= 2 or len(tokens(cue.text)) == 1
        if size_px[0] <= size_px[1]:
            assert all(columns(line) <= 36 for line in setting.texts if " " in line)


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, JAPANESE, CHINESE, ARABIC])
def test_a_sentence_never_ends_inside_a_cue(text: str) -> None:
    for cue in cues_from_words(spoken(text, per_char_s=0.1)):
        assert not any(mark in cue.text[:-1] for mark in ".!?。！؟")


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, ARABIC])
def test_no_cue_is_too_short_to_read(text: str) -> None:
    assert all(cue.end_s - cue.start_s >= MIN_CUE_S for cue in cues_from_words(spoken(text)))


def test_a_comma_is_preferred_to_the_middle_of_a_phrase() -> None:
    cues = cues_from_words(spoken("When the tide goes out at night, everything comes back again."))
    assert cues[0].text.endswith(",")


def test_a_pause_starts_a_new_cue() -> None:
    words = (*spoken("one two three"), *spoken("four five six", start_s=6.0))
    cues = cues_from_words(words)
    assert [cue.text for cue in cues] == ["one two three", "four five six"]
    assert cues[0].end_s < 3


def test_words_of_a_script_without_spaces_are_joined_without_them() -> None:
    assert cues_from_words(even_words("今日", "は", "晴れ", "です。"))[0].text == "今日は晴れです。"
    assert cues_from_words(even_words("用", "AI", "写"))[0].text == "用 AI 写"


def test_a_word_is_not_torn_between_two_cues_where_the_script_has_no_spaces() -> None:
    for cue in cues_from_words(spoken(JAPANESE))[:-1]:
        assert cue.text[-1] in "。、！" or cue.text[-1] not in "っゃゅょー"


def test_the_last_cue_ends_with_the_video() -> None:
    cues = cues_from_words(spoken("Hi.", start_s=0.2), end_s=0.6)
    assert cues[-1].end_s == 0.6


def test_no_words_make_no_cues() -> None:
    assert cues_from_words(()) == ()
    assert cues_from_words((Word(text=" ", start_s=0, end_s=1),)) == ()
