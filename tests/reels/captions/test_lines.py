"""Lines fit the caption box and are balanced."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reels.captions.balance import Chunk, balanced
from reels.captions.lines import set_lines
from reels.captions.look import look_for
from reels.captions.tokens import tokens
from reels.models import SIZES_PX, CaptionLook
from reels.scripts import NO_END, NO_START
from tests.reels.captions.kit import ENGLISH, HOSTILE, JAPANESE, LONG, MONSTER, RUSSIAN, THAI

TEXTS = [
    ENGLISH,
    (RUSSIAN * 2)[:300],
    LONG,
    MONSTER,
    "a" * 120,
    "!" * 300,
    JAPANESE * 3,
    THAI * 3,
    "नमस्ते" * 50,
    HOSTILE,
    "e" + "\u0301" * 299,
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size_px", [*SIZES_PX.values(), (180, 320)])
@pytest.mark.parametrize("size", [0.5, 1.0, 2.0])
def test_no_text_is_wider_or_higher_than_the_caption_box(
    text: str, size_px: tuple[int, int], size: float
) -> None:
    look = look_for(size_px, CaptionLook(size=size))
    setting = set_lines(tokens(text[:300]), look)
    assert "".join(setting.texts).replace(" ", "") == text[:300].replace(" ", "")
    assert all(line.advance <= look.width(setting.em_px) for line in setting.extents)
    assert look.baselines(setting.extents)[1] <= look.height(setting.em_px)


@pytest.mark.parametrize("size_px", SIZES_PX.values())
def test_captions_are_large_enough_to_read_on_a_phone(size_px: tuple[int, int]) -> None:
    assert look_for(size_px).em_px >= 0.05 * min(size_px)
    assert set_lines(tokens("Every morning the sea"), look_for(size_px)).em_px >= (
        0.05 * min(size_px)
    )


def test_a_text_without_spaces_wraps_before_it_shrinks() -> None:
    look = look_for((1080, 1920))
    setting = set_lines(tokens("每天早晨大海都会带来新的东西"), look)
    assert len(setting.lines) == 2
    assert setting.em_px == look.em_px


def test_no_line_starts_or_ends_with_a_mark_that_may_not_stand_there() -> None:
    look = look_for((1080, 1920))
    for text in (JAPANESE, "每天，（早晨）。" * 9, "Bonjour ! « Salut » dit-il ; ça va ? " * 5):
        lines = set_lines(tokens(text), look).texts
        assert len(lines) > 1
        assert not any(line[0] in NO_START or line[-1] in NO_END for line in lines)


def test_a_long_word_is_torn_between_letters_and_never_inside_one() -> None:
    lines = set_lines(tokens("क्षत्रिय" * 12), look_for((1080, 1920))).texts
    assert len(lines) > 1
    assert all(line.startswith(("क्ष", "त्रि", "य")) for line in lines)


def test_two_lines_are_about_equally_long() -> None:
    lines = set_lines(tokens("a full line would hold nearly all of it"), look_for((1080, 1920)))
    assert lines.texts == ("a full line would", "hold nearly all of it")


@settings(max_examples=60)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=14))
def test_balanced_lines_are_no_more_than_needed_and_keep_the_order(widths: list[int]) -> None:
    lines = balanced([Chunk(width, 1.0) for width in widths], 20)
    assert [index for start, end in lines for index in range(start, end)] == list(
        range(len(widths))
    )
    lengths = [sum(widths[a:b]) + b - a - 1 for a, b in lines]
    assert all(length <= 20 for length in lengths)
    for above, below in pairwise(lengths):
        assert above + below + 1 > 20 or len(lines) > 2
