"""Title cards: their looks, their times, and that they read over any picture."""

from __future__ import annotations

import numpy as np
import pytest

from reels.overlays import TitlePainter
from reels.planes import Planes
from reels.safe_area import caption_box
from reels.timeline import TitleCard
from tests.reels.overlays.kit import SIZE, flat, golden, photo

TITLES = {
    "latin": ("en", "Why octopuses have three hearts", "A story of blue blood"),
    "cyrillic": ("ru", "Почему у осьминога три сердца?", "Короткая история"),
    "arabic": ("ar", "لماذا للأخطبوط ثلاثة قلوب؟", "قصة قصيرة"),
}
#: Of frames that are all below it, only the card's letters and bar are brighter.
INK = 170


def _shown(title: str, onto: Planes, subtitle: str = "", language: str = "en") -> Planes:
    card = TitleCard(title=title, subtitle=subtitle, frames=60)
    TitlePainter(card, onto.size_px, 30, language).lay(30, onto)
    return onto


def _ink(planes: Planes) -> tuple[int, int, int, int]:
    """The first and last columns and rows that have letters."""
    rows, columns = np.nonzero(planes.y > INK)
    return int(columns.min()), int(columns.max()), int(rows.min()), int(rows.max())


def _light(luma: float) -> float:
    """Relative luminance of a grey, as WCAG 2.2 has it."""
    value = (luma - 16) / 219
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("script", TITLES)
def test_title_cards_look_like_this(script: str) -> None:
    language, title, subtitle = TITLES[script]
    golden(f"title-{script}", _shown(title, photo(), subtitle, language).y, 0.97)


def test_a_title_reads_over_white() -> None:
    """With a contrast of 4.5 : 1, as WCAG 2.2 asks of all text."""
    words = _shown("Three hearts", flat(235), "A story of blue blood")
    left, right, top, bottom = _ink(_shown("Three hearts", flat(16), "A story of blue blood"))
    inside = words.y[top:bottom, left:right]
    darkest_of_white = float(np.percentile(inside, 30))
    assert (_light(232) + 0.05) / (_light(darkest_of_white) + 0.05) > 4.5


def test_words_of_the_picture_do_not_show_between_the_titles() -> None:
    """Stripes as high as a slide's letters are gone behind the title, and stay at the bottom."""
    stripes = flat(40)
    stripes.y[np.arange(SIZE[1]) % 40 < 20] = 220
    laid = _shown("Hi", stripes).y[:, SIZE[0] - 20 :].astype(int)
    _, _, top, bottom = _ink(_shown("Hi", flat(16)))
    assert np.ptp(laid[top:bottom]) < 20
    assert np.ptp(laid[-60:]) > 100


def test_a_title_comes_in_and_goes_out_and_is_over_when_its_frames_are() -> None:
    painter = TitlePainter(TitleCard(title="Three hearts", frames=40), SIZE, 30, "en")
    veiled, letters = [], []
    for number in range(42):
        frame = flat(120)
        painter.lay(number, frame)
        veiled.append(float(frame.y[60, 3]))
        letters.append(float(frame.y.max()))
    assert 120 > veiled[0] > veiled[4] > veiled[8] == veiled[29] < veiled[35] < veiled[39] < 120
    assert letters[0] < letters[4] < letters[8] == letters[29] > letters[35] > letters[39]
    assert veiled[40] == veiled[41] == 120
    assert letters[40] == letters[41] == 120


def test_a_title_rises_as_it_comes_in() -> None:
    painter = TitlePainter(TitleCard(title="Three hearts", frames=40), SIZE, 30, "en")
    tops = []
    for number in (3, 5, 20):
        painter.lay(number, frame := flat(16))
        tops.append(int(np.nonzero(frame.y > 0.5 * frame.y.max())[0].min()))
    assert tops[0] > tops[1] >= tops[2]


@pytest.mark.parametrize("fps", [15, 60])
def test_fades_take_the_same_time_at_every_frame_rate(fps: int) -> None:
    painter = TitlePainter(TitleCard(title="Hi", frames=3 * fps), SIZE, fps, "en")
    frames = [flat(120) for _ in range(2)]
    painter.lay(round(8 * fps / 30) - 1, frames[0])
    painter.lay(fps, frames[1])
    assert np.array_equal(frames[0].y, frames[1].y)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_short_card_is_seen_in_full(frames: int) -> None:
    frame = flat(120)
    TitlePainter(TitleCard(title="Hi", frames=frames), SIZE, 30, "en").lay(frames // 2, frame)
    assert frame.y.max() == 235


@pytest.mark.parametrize("size_px", [(360, 640), (640, 360), (360, 360), (180, 320)])
@pytest.mark.parametrize(
    ("title", "subtitle"),
    [
        ("W" * 120, "sub " * 50),
        ("word " * 24, ""),
        ("漢" * 120, "字" * 200),
        ("मराठी " * 20, "हिन्दी"),
        ("!", ""),
        ("🍵", "🐙"),
    ],
)
def test_no_title_is_cut_off_or_reaches_the_captions(
    title: str, subtitle: str, size_px: tuple[int, int]
) -> None:
    left, right, top, bottom = _ink(_shown(title.strip(), flat(16, size_px), subtitle.strip()))
    assert left > 0
    assert right < size_px[0] - 1
    assert top > 0
    assert bottom < caption_box(size_px)[1]


@pytest.mark.parametrize("size_px", [(32, 32), (32, 4096), (4096, 32), (66, 64)])
def test_a_frame_too_small_for_its_title_is_still_drawn(size_px: tuple[int, int]) -> None:
    assert not np.array_equal(_shown("word " * 24, flat(120, size_px)).y, flat(120, size_px).y)


@pytest.mark.parametrize(("language", "is_right"), [("ar", True), ("he-IL", True), ("en", False)])
def test_a_title_without_letters_stands_on_its_languages_side(
    language: str, is_right: bool
) -> None:
    left, right, _, _ = _ink(_shown("2026", flat(16), language=language))
    assert (left > SIZE[0] - right) == is_right


def test_a_subtitle_stands_on_its_titles_side() -> None:
    _, title, subtitle = TITLES["arabic"]
    for below in (subtitle, "Episode 2"):
        frame = _shown(title, flat(16), below, "ar")
        _, right, _, bottom = _ink(frame)
        last = np.nonzero(frame.y[bottom - 6 : bottom] > INK)[1]
        assert last.max() > right - 6


def test_a_title_that_no_font_can_draw_leaves_the_picture_alone() -> None:
    assert np.array_equal(_shown("\U0001e900", flat(120)).y, flat(120).y)
