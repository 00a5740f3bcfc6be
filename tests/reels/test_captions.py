from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reels.caption_look import balanced, look_for, set_lines
from reels.captions import MIN_CUE_S, cues_from_words, timed_words, to_srt, to_vtt
from reels.models import SIZES_PX, Cue, Word, check_cues

ENGLISH = (
    "Every morning the sea brings something new. A bottle, a feather, sometimes a story that "
    "nobody has told before! And then, when the tide goes out, it takes it all away again."
)
RUSSIAN = (
    "Каждое утро море приносит что-то новое: бутылку, перо, а иногда историю, которую ещё никто "
    "не рассказывал. Потом, с отливом, оно забирает всё обратно."
)
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
MONSTER = "W" * 300


def spoken(text: str, start_s: float = 0.5, per_char_s: float = 0.06) -> tuple[Word, ...]:
    words = []
    for part in text.split():
        end_s = start_s + 0.1 + per_char_s * len(part)
        words.append(Word(text=part, start_s=start_s, end_s=end_s))
        start_s = end_s + 0.02
    return tuple(words)


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, LONG, "Да.", "a b c. d! e? f"])
@pytest.mark.parametrize("size_px", SIZES_PX.values())
def test_cues_hold_every_word_once_in_order_and_fit_two_lines(
    text: str, size_px: tuple[int, int]
) -> None:
    words = spoken(text)
    cues = cues_from_words(words, size_px=size_px)
    assert [word for cue in cues for word in cue.words] == list(words)
    assert " ".join(cue.text for cue in cues) == " ".join(text.split())
    check_cues(cues, words[-1].end_s + MIN_CUE_S)
    for cue in cues:
        assert len(set_lines(cue.text, look_for(size_px)).lines) <= 2


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN])
def test_a_sentence_never_ends_inside_a_cue_and_no_cue_is_too_short(text: str) -> None:
    cues = cues_from_words(spoken(text))
    for cue in cues:
        assert not any(word.text[-1] in ".!?" for word in cue.words[:-1])
        assert cue.end_s - cue.start_s >= MIN_CUE_S
    for cue in cues:
        for line in set_lines(cue.text, look_for((1080, 1920))).lines:
            assert len(line) <= 32


def test_a_comma_is_preferred_to_the_middle_of_a_phrase() -> None:
    cues = cues_from_words(spoken("When the tide goes out at night, everything comes back again."))
    assert cues[0].text.endswith(",")


def test_a_pause_starts_a_new_cue() -> None:
    words = (*spoken("one two three"), *spoken("four five six", start_s=6.0))
    cues = cues_from_words(words)
    assert [cue.text for cue in cues] == ["one two three", "four five six"]
    assert cues[0].end_s < 3


def test_the_last_cue_ends_with_the_video() -> None:
    cues = cues_from_words(spoken("Hi.", start_s=0.2), end_s=0.6)
    assert cues[-1].end_s == 0.6


def test_no_words_make_no_cues() -> None:
    assert cues_from_words(()) == ()


def test_an_edited_text_gets_times_in_proportion_inside_its_cue() -> None:
    words = spoken("one two", start_s=2.0)
    cue = Cue(start_s=2, end_s=5, text="one extraordinary edit", words=words)
    timed = timed_words(cue)
    assert [word.text for word in timed] == ["one", "extraordinary", "edit"]
    assert timed[0].start_s == 2
    assert timed[-1].end_s == pytest.approx(5)
    lengths = [word.end_s - word.start_s for word in timed]
    assert lengths[1] == pytest.approx(lengths[0] * 14 / 4)


def test_words_that_match_keep_their_own_times() -> None:
    words = spoken("one two", start_s=2.0)
    assert timed_words(Cue(start_s=2, end_s=5, text="one  two", words=words)) == words


@pytest.mark.parametrize(
    "text", [ENGLISH * 2, RUSSIAN * 2, LONG, MONSTER, f"so {LONG}!", "日本語" * 40]
)
@pytest.mark.parametrize("size_px", [*SIZES_PX.values(), (180, 320)])
def test_no_text_is_wider_or_higher_than_the_caption_box(
    text: str, size_px: tuple[int, int]
) -> None:
    look = look_for(size_px)
    setting = set_lines(text[:300], look)
    assert "".join(setting.lines).replace(" ", "") == text[:300].replace(" ", "")
    assert all(look.width_px(line, setting.em_px) <= look.text_width_px for line in setting.lines)
    assert len(setting.lines) * setting.em_px * 1.21 <= look.box[3] - look.box[1]


@settings(max_examples=60)
@given(st.lists(st.text("abcdefgh", min_size=1, max_size=12), min_size=1, max_size=14))
def test_balanced_lines_use_no_more_lines_than_needed_and_keep_the_words(words: list[str]) -> None:
    lines = balanced(words, lambda line: len(line) <= 20)
    assert " ".join(lines).split() == words
    assert all(len(line) <= 20 for line in lines)
    for above, below in pairwise(lines):
        assert len(above) + len(below) + 1 > 20 or len(lines) > 2


def test_two_lines_are_about_equally_long() -> None:
    words = ["a", "full", "line", "would", "hold", "nearly", "all", "of", "it"]
    lines = balanced(words, lambda line: len(line) <= 36)
    assert lines == ["a full line would", "hold nearly all of it"]


def test_srt_has_numbers_times_and_short_lines() -> None:
    cues = (Cue(start_s=0, end_s=1.25, text="One."), Cue(start_s=3661.5, end_s=3662, text=ENGLISH))
    blocks = to_srt(cues).split("\n\n")
    assert blocks[0] == "1\n00:00:00,000 --> 00:00:01,250\nOne."
    assert blocks[1].startswith("2\n01:01:01,500 --> 01:01:02,000\nEvery morning")
    assert all(len(line) <= 42 for line in blocks[1].splitlines())


def test_text_cannot_become_a_time_line_or_a_tag_in_srt_and_vtt() -> None:
    cue = Cue(start_s=0, end_s=1, text="<b>a</b> & 00:00 --> 00:09\n\n2")
    assert to_srt([cue]).count("-->") == 1
    assert "<" not in to_srt([cue])
    assert to_vtt([cue]).count("-->") == 1
    assert "&lt;b&gt;a&lt;/b&gt; &amp; 00:00 --&gt; 00:09 2" in to_vtt([cue]).replace("\n", " ")


def test_vtt_starts_with_its_signature() -> None:
    assert to_vtt([Cue(start_s=0, end_s=1, text="One.")]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne.\n"
    )
