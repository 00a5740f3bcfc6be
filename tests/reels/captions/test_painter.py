"""What is seen: the right word is lit at the right time, inside the safe area."""

from __future__ import annotations

import resource
import time

import numpy as np
import pytest

from reels.captions.look import look_for
from reels.captions.painter import CaptionPainter
from reels.captions.shown import shown_cues
from reels.captions.type import extent
from reels.models import CaptionLook, CaptionStyle, Cue
from reels.planes import empty
from tests.reels.captions.kit import (
    ENGLISH,
    FPS,
    HOSTILE,
    JAPANESE,
    LONG,
    MONSTER,
    even_words,
    ground,
    inked,
    lit_columns,
    painted,
    painter,
    to_rgb,
)

SMALL = (270, 480)
STYLES: tuple[CaptionStyle, ...] = ("karaoke", "box", "pop", "plain")


@pytest.mark.parametrize("text", [HOSTILE, LONG, MONSTER, "Каждое утро", JAPANESE, "日本 🎉 עברית"])
@pytest.mark.parametrize("size_px", [SMALL, (480, 270), (360, 360)])
@pytest.mark.parametrize("style", ["karaoke", "box", "pop"])
def test_any_text_is_shown_inside_the_caption_box(
    text: str, size_px: tuple[int, int], style: CaptionStyle
) -> None:
    x0, y0, x1, y1 = inked(painted(text, size_px, style))
    box = look_for(size_px, None, style).box
    assert box[0] - 2 <= x0 < x1 <= box[2] + 2
    assert box[1] - 2 <= y0 < y1 <= box[3] + 2


@pytest.mark.parametrize("platform", ["any", "tiktok", "reels", "shorts", "none"])
@pytest.mark.parametrize("position", ["bottom", "middle", "top"])
def test_captions_of_the_largest_size_keep_to_their_place(platform: str, position: str) -> None:
    look = CaptionLook.model_validate({"platform": platform, "position": position, "size": 2.0})
    x0, y0, x1, y1 = inked(painted(ENGLISH[:90], look=look))
    box = look_for(SMALL, look).box
    assert box[0] - 2 <= x0 < x1 <= box[2] + 2
    assert box[1] - 2 <= y0 < y1 <= box[3] + 2
    middle = (y0 + y1) / 2 / SMALL[1]
    assert {"top": middle < 0.4, "middle": 0.4 < middle < 0.6, "bottom": middle > 0.5}[position]


def test_a_text_is_as_wide_as_it_was_measured() -> None:
    size_px = (540, 960)
    look = look_for(size_px, CaptionLook(outline=0))
    picture = painted("Measured", size_px, "plain", CaptionLook(outline=0))
    bright = np.flatnonzero((picture.min(axis=2) > 200).any(axis=0))
    assert bright[-1] - bright[0] == pytest.approx(
        extent("Measured", look.weight).advance * look.em_px, rel=0.035
    )


@pytest.mark.parametrize("style", ["karaoke", "box", "pop"])
def test_the_word_that_is_spoken_is_lit_from_its_frame_on(style: CaptionStyle) -> None:
    words = even_words("left", "right")
    shown = painter(Cue(start_s=0, end_s=1, text="left right", words=words), SMALL, style)
    middle = []
    for frame in (10, 14, 15, 20):
        onto = ground(SMALL)
        shown.lay(frame, onto)
        middle.append(lit_columns(to_rgb(onto)).mean() / SMALL[0])
    assert max(middle[:2]) < 0.45
    assert min(middle[2:]) > 0.48


def test_before_the_first_word_none_is_lit() -> None:
    words = tuple(w.model_copy(update={"start_s": 1.0, "end_s": 1.5}) for w in even_words("now"))
    assert lit_columns(painted("now", words=words, frame=29)).size == 0
    assert lit_columns(painted("now", words=words, frame=30)).size > 0


def test_of_a_line_from_right_to_left_the_first_word_is_lit_on_the_right() -> None:
    words = even_words("בוקר", "טוב", "לכולם")
    for number, expected in enumerate((0.62, 0.5, 0.35)):
        picture = painted("בוקר טוב לכולם", words=words, frame=15 * number + 10)
        assert lit_columns(picture).mean() / SMALL[0] == pytest.approx(expected, abs=0.1)


def test_a_latin_word_inside_a_line_from_right_to_left_is_lit_where_it_is_seen() -> None:
    words = even_words("ראו", "YouTube", "2024", "עכשיו")
    places = [
        lit_columns(painted("ראו YouTube 2024 עכשיו", words=words, frame=15 * n + 10)).mean()
        for n in range(4)
    ]
    # YouTube and its number are read from left to right, the line around them is not.
    assert places[3] < places[1] < places[2] < places[0]


def test_letters_of_a_whole_phrase_are_lit_in_turn() -> None:
    words = even_words("大海每天", each_s=2.0)
    places = [
        lit_columns(painted("大海每天", words=words, frame=n)).mean() for n in (7, 22, 37, 52)
    ]
    assert places == sorted(places)
    assert np.diff(places).min() > 10


def test_a_style_without_lit_words_lights_none() -> None:
    assert lit_columns(painted("now", style="plain")).size == 0


def test_without_a_style_nothing_is_shown() -> None:
    assert np.array_equal(painted("now", style="none"), to_rgb(ground(SMALL)))


def test_a_text_that_no_font_has_shows_nothing() -> None:
    assert np.array_equal(painted("𓀀"), to_rgb(ground(SMALL)))


def test_a_cue_comes_and_goes_on_its_frame() -> None:
    shown = painter(Cue(start_s=0.3, end_s=0.7, text="now"), SMALL, "plain")
    seen = []
    for frame in range(30):
        onto = ground(SMALL)
        shown.lay(frame, onto)
        seen.append(bool(np.ptp(onto.y) > 60))
    assert seen == [9 <= n < 21 for n in range(30)]


@pytest.mark.parametrize("style", STYLES)
def test_a_cue_cut_by_a_segments_border_looks_as_in_one_piece(style: CaptionStyle) -> None:
    words = even_words("over", "the", "border", "now", each_s=0.4)
    cue = Cue(start_s=0, end_s=1.6, text="over the border now", words=words)

    def frames(first: int, count: int) -> list[np.ndarray]:
        part = shown_cues([cue], FPS, first, count, style)
        laid = CaptionPainter(part, SMALL, FPS, style)
        found = []
        for frame in range(count):
            onto = ground(SMALL)
            laid.lay(frame, onto)
            found.append(onto.y)
        return found

    whole = frames(0, 48)
    for cut in (2, 13, 25, 37):
        assert all(map(np.array_equal, whole, frames(0, cut) + frames(cut, 48 - cut)))


@pytest.mark.parametrize("style", STYLES)
def test_frames_may_be_asked_for_in_any_order(style: CaptionStyle) -> None:
    words = even_words("one", "two", "three", each_s=0.3)
    cue = Cue(start_s=0, end_s=0.9, text="one two three", words=words)
    laid = painter(cue, SMALL, style)
    order = [*range(27), *reversed(range(27))]
    seen: dict[int, np.ndarray] = {}
    for frame in order:
        onto = ground(SMALL)
        laid.lay(frame, onto)
        assert np.array_equal(seen.setdefault(frame, onto.y), onto.y)


def test_a_word_that_grows_leaves_its_neighbours_where_they_are() -> None:
    words = even_words("wide", "neighbours", "stay")
    at_rest = painted("wide neighbours stay", (540, 960), "pop", words=words, frame=40)
    grown = painted("wide neighbours stay", (540, 960), "pop", words=words, frame=25)
    lit = lit_columns(grown)
    left = slice(0, lit.min() - 14)
    assert inked(grown[:, left]) == pytest.approx(inked(at_rest[:, left]), abs=3)
    usual = painted("wide neighbours stay", (540, 960), "karaoke", words=words, frame=25)
    assert 1.04 < np.ptp(lit) / np.ptp(lit_columns(usual)) < 1.14


def test_letters_in_a_box_can_be_read_whatever_its_colour() -> None:
    for colour in ("#FFFFFF", "#000000", "#FFD41F", "#1E66FF"):
        look = CaptionLook(active_colour=colour, colour="#FFFFFF")
        picture = painted("now", style="box", look=look)
        x0, y0, x1, y1 = inked(picture, 15)
        inside = picture[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4].astype(int).sum(axis=2)
        assert np.ptp(inside) > 300


def test_colours_of_the_look_are_used() -> None:
    look = CaptionLook(
        colour="#00FF00", active_colour="#FF0000", outline_colour="#0000FF", outline=2
    )
    picture = painted("one two", (540, 960), "karaoke", look, frame=5)
    for colour in ((0, 255, 0), (255, 0, 0), (0, 0, 255)):
        assert (np.abs(picture.astype(int) - colour).max(axis=2) < 12).sum() > 100


def test_capitals_keep_their_words_times() -> None:
    words = even_words("straße", "ist", "weg")
    look = CaptionLook(uppercase=True)
    places = [
        lit_columns(
            painted("straße ist weg", look=look, words=words, frame=n, language="de")
        ).mean()
        for n in (10, 25, 40)
    ]
    assert places == sorted(places)


def test_hostile_text_is_shown_as_it_is_and_changes_no_other() -> None:
    """The same letters in an order that was markup once take the same room."""
    tagged = painted(r"{\fs9}a", style="plain")
    plain = painted(r"a{}\fs9", style="plain")
    assert np.ptp(inked(tagged)[::2]) == pytest.approx(np.ptp(inked(plain)[::2]), abs=4)
    first = painter(Cue(start_s=0, end_s=1, text=HOSTILE), SMALL)
    cues = (Cue(start_s=0, end_s=1, text=HOSTILE), Cue(start_s=1, end_s=2, text="calm"))
    both = CaptionPainter(shown_cues(cues, FPS, 0, 60), SMALL, FPS)
    alone = painter(Cue(start_s=1, end_s=2, text="calm"), SMALL)
    seen = []
    for laid in (both, alone):
        onto = ground(SMALL)
        laid.lay(45, onto)
        seen.append(onto.y)
    assert np.array_equal(*seen)
    first.lay(5, ground(SMALL))


@pytest.mark.parametrize(
    "text",
    [HOSTILE * 6, MONSTER, "e" + "\u0301" * 299, "ि" * 300, "\u200d" * 150 + "x", "🎉" * 300],
)
def test_no_text_takes_long_or_much_memory(text: str) -> None:
    look = CaptionLook(size=2.0, outline=2.0)
    onto = empty((1080, 1920))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    cue = Cue(start_s=0, end_s=1, text=text[:300])
    laid = painter(cue, (1080, 1920), "pop", look)
    for frame in range(0, 30, 3):
        laid.lay(frame, onto)
    took_s = time.process_time() - began
    assert took_s < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 150_000
