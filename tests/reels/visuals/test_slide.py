"""Slides: what is drawn stays where it belongs, whatever the words are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from reels.errors import InvalidInput
from reels.fonts import drawable
from reels.models import SIZES_PX
from reels.safe_area import caption_box, content_box
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.header import make_header
from reels.visuals.layout import Arrangement, arrange, draw_arrangement
from reels.visuals.slide import _colours, draw_slide
from reels.visuals.slide_spec import MAX_BULLETS, MAX_SLIDE_CHARS, MAX_TITLE_CHARS, SlideSpec
from reels.visuals.theme import EDITORIAL, THEMES, Metrics, theme

SIZES = list(SIZES_PX.values())
LAYOUTS = ["statement", "title", "figure", "quote", "list", "closing"]
WIDEST = ["W", "Щ", "日", "한", "@"]


def placed(spec: SlideSpec, size: tuple[int, int]) -> Arrangement:
    metrics = Metrics(size)
    box = content_box(size, captions=True)
    canvas = Canvas(size_px=size, scene_number=2, scene_count=60)
    header = make_header(spec.eyebrow, canvas, EDITORIAL, metrics, box[2] - box[0])
    return arrange(spec, EDITORIAL, metrics, (box[0], box[1] + header.height_px, box[2], box[3]))


def assert_inside(found: Arrangement, size: tuple[int, int]) -> None:
    x0, y0, x1, y1 = content_box(size, captions=True)
    left, top, right, bottom = found.words_box
    assert (x0 <= left, y0 <= top, right <= x1, bottom <= y1) == (True,) * 4
    for item in found.items:
        if item.block:
            assert item.block.width_px + item.indent_px <= right - left


WORDS = st.text(
    st.sampled_from("abcdefW 日本한ЖЩёй йцук .,—«»!?()0123456789%"), min_size=0, max_size=200
)


@st.composite
def specs(draw: st.DrawFn) -> SlideSpec:
    title = draw(WORDS)[:MAX_TITLE_CHARS].strip()
    left = MAX_SLIDE_CHARS - len(title)
    bullets: list[str] = []
    for bullet in draw(st.lists(WORDS, max_size=MAX_BULLETS)):
        bullet = bullet[: min(90, left)].strip()
        if bullet:
            bullets.append(bullet)
            left -= len(bullet)
    return SlideSpec(
        layout=draw(st.sampled_from(LAYOUTS)),
        eyebrow=draw(WORDS)[:48],
        title=title,
        body=draw(WORDS)[: max(0, left)],
        bullets=tuple(bullets),
        figure=draw(st.sampled_from(["", "42", "10,000", "100 000 000"])),
    )


def widest(letter: str) -> SlideSpec:
    return SlideSpec(
        layout="list",
        eyebrow=letter * 48,
        title=letter * 80,
        bullets=tuple(letter * 40 for _ in range(MAX_BULLETS)),
    )


@settings(max_examples=50, deadline=None)
@given(specs(), st.sampled_from(SIZES))
@example(widest("W"), (1080, 1080))
@example(widest("日"), (1080, 1080))
def test_every_text_within_the_limits_fits_uncut_and_legible(
    spec: SlideSpec, size: tuple[int, int]
) -> None:
    found = placed(spec, size)
    assert_inside(found, size)
    smallest = Metrics(size).px(EDITORIAL.smallest_px)
    for item in found.items:
        if item.block:
            assert item.block.size_px >= smallest
    shown = "".join(
        "".join(item.block.lines)
        for item in found.items
        if item.block and item.role not in ("mark", "figure")
    )
    wanted = spec.title + spec.body + "".join(spec.bullets)
    assert "".join(shown.split()) == "".join(drawable(wanted).split())


@pytest.mark.parametrize("letter", WIDEST)
@pytest.mark.parametrize("size", SIZES)
def test_the_widest_letters_fit_in_every_distribution(letter: str, size: tuple[int, int]) -> None:
    for spec in (
        widest(letter),
        SlideSpec(eyebrow=letter * 48, title=letter * 200, body=letter * 80),
        SlideSpec(eyebrow=letter * 48, title=letter * 80, body=letter * 200),
        SlideSpec(eyebrow=letter * 48, title=letter * 200, bullets=(letter * 16,) * 5),
    ):
        assert_inside(placed(spec, size), size)
        assert placed(spec, size).title_px >= 28


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
def test_ink_stays_inside_the_content_box(layout: str, size: tuple[int, int]) -> None:
    """What is really drawn, accents and descenders included, is where it was planned."""
    spec = SlideSpec(
        layout=layout, title="Ёж Åg j,y Қ (щ) «Dr»", body="jgpy Й ц", figure="5,5°", seed="x"
    )
    found = placed(spec, size)
    picture = Image.new("RGB", size)
    colours = _colours(EDITORIAL.palettes[0], on_panel=False)
    draw_arrangement(ImageDraw.Draw(picture), found, spec, colours)
    left, top, right, bottom = picture.getbbox()
    x0, y0, x1, y1 = content_box(size, captions=True)
    assert x0 - 8 <= left
    assert right <= x1 + 8
    assert y0 <= top
    assert bottom <= y1


@pytest.mark.parametrize("size", SIZES)
def test_words_stay_out_of_the_caption_band(size: tuple[int, int]) -> None:
    """With and without words, the band of the captions looks alike but for the soft motif."""
    x0, y0, x1, y1 = caption_box(size)
    canvas = Canvas(size_px=size, scene_number=2, scene_count=9)
    spec = SlideSpec(title="Word " * 30, seed="s")
    with_words = np.asarray(draw_slide(spec, canvas), np.int16)[y0:y1, x0:x1]
    ink = np.array(EDITORIAL.palette("", "s").ink)
    assert (np.abs(with_words - ink).max(axis=2) < 12).mean() < 0.001


def test_the_same_spec_gives_the_same_bytes(tmp_path: Path) -> None:
    spec = {"title": "Одно и то же", "seed": "a"}
    canvas = Canvas(size_px=(1080, 1920))
    hashes = {
        hashlib.sha256(
            visual("slide").draw(spec, canvas, tmp_path / f"{n}.png").read_bytes()
        ).digest()
        for n in range(2)
    }
    assert len(hashes) == 1


def test_scenes_of_a_video_share_a_palette_but_differ() -> None:
    def picture(number: int) -> Image.Image:
        canvas = Canvas(size_px=(270, 480), scene_number=number, scene_count=9)
        return draw_slide(SlideSpec(seed="one video"), canvas)

    assert EDITORIAL.palette("", "one video") == EDITORIAL.palette("", "one video")
    assert picture(2).tobytes() != picture(3).tobytes()


def test_a_palette_can_be_named() -> None:
    assert EDITORIAL.palette("pine", "whatever").name == "pine"


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_is_opaque_and_of_the_canvas_size(
    size: tuple[int, int], tmp_path: Path
) -> None:
    path = visual("slide").draw({}, Canvas(size_px=size), tmp_path / "a" / "s.png")
    with Image.open(path) as picture:
        assert (picture.size, picture.mode) == (size, "RGB")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"title": "x" * 201}, "visual.spec.title"),
        ({"colour": "red"}, "visual.spec.colour"),
        ({"bullets": ["a"] * 6}, "visual.spec.bullets"),
        ({"title": "x" * 150, "body": "y" * 150}, "visual.spec"),
        ({"layout": "round"}, "visual.spec.layout"),
    ],
)
def test_a_spec_that_breaks_a_rule_names_its_field(spec, field: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        visual("slide").draw(spec, Canvas(size_px=(270, 480)), tmp_path / "x.png")
    assert caught.value.field == field


def test_text_that_no_font_has_leaves_a_backdrop() -> None:
    draw_slide(SlideSpec(title="\U00012000" * 5, eyebrow="\U00012000"), Canvas(size_px=(270, 480)))


@pytest.mark.parametrize(
    "text", ["مرحبا بالعالم 2024 (نص) New York هنا", "ภาษาไทยไม่มีช่องว่าง", "👩‍🚀 🇺🇸 ok"]
)
def test_any_script_is_drawn_inside_its_box(text: str) -> None:
    for size in SIZES:
        assert_inside(placed(SlideSpec(title=text, bullets=(text,)), size), size)
        draw_slide(SlideSpec(title=text, eyebrow=text[:40]), Canvas(size_px=size, scene_count=3))


def test_text_on_every_ground_has_the_contrast_of_wcag_aa() -> None:
    def light(colour) -> float:
        parts = [c / 255 for c in colour]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one, other) -> float:
        high, low = sorted((light(one), light(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for palette in (palette for each in THEMES.values() for palette in each.palettes):
        for ground in (*palette.ground, *palette.raised):
            for colour in (palette.ink, palette.muted, palette.accent):
                assert contrast(colour, ground) >= 4.5, palette.name
        assert contrast(palette.panel, palette.on_panel) >= 4.5, palette.name


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("", "editorial"),
        ("light", "light"),
        ("Warm, calm", "warm"),
        ("in a DARK mood", "dark"),
        ("lightning", "editorial"),
        ("тёплый", "editorial"),
    ],
)
def test_a_style_names_its_theme_in_any_of_its_words(style: str, name: str) -> None:
    assert theme(style).name == name
