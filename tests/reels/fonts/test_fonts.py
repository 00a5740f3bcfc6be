"""The shipped fonts: their names, their size, and who draws which letter."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from reels.fonts import FACES, FALLBACKS, FONTS_DIR, drawable, font_path, runs
from reels.fonts.cmap import code_points

ALL = {face.file: face for face in (*FACES.values(), *FALLBACKS)}


@pytest.mark.parametrize("face", ALL.values(), ids=ALL)
def test_a_file_calls_itself_by_the_family_that_captions_ask_for(face) -> None:
    assert ImageFont.truetype(str(face.path), 20).getname()[0] == face.family


def test_every_font_file_is_listed_and_smaller_than_a_megabyte() -> None:
    files = {p.name: p.stat().st_size for p in FONTS_DIR.iterdir() if p.suffix in (".otf", ".ttf")}
    assert set(files) == set(ALL)
    assert max(files.values()) < 1_000_000


def test_each_font_lies_beside_its_licence() -> None:
    for name in ("Inter", "JetBrainsMono", "Noto", "NotoCJK"):
        assert "SIL OPEN FONT LICENSE" in (FONTS_DIR / f"OFL-{name}.txt").read_text()


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Straße, żółw, ½ €", "Inter"),
        ("Съешь ещё этих", "Inter"),
        ("Қазақ тілі", "Inter"),
        ("Ξεσκεπάζω", "Inter"),
        ("日本", "Noto Sans Han A"),
        ("ひらがな", "Noto Sans Kana"),
        ("한국어", "Noto Sans Hangul"),
        ("हिन्दी", "Noto Sans Devanagari"),
        ("مرحبا", "Noto Sans Arabic"),
        ("ქართული", "Noto Sans Georgian"),
    ],
)
def test_a_text_is_drawn_by_the_one_family_that_has_its_letters(text: str, family: str) -> None:
    assert {run.face.family for run in runs(text)} == {family}


def test_a_mixed_text_is_cut_where_the_face_changes_and_loses_nothing() -> None:
    text = "Tea 茶 и чай ☕ 😀"
    found = runs(text)
    assert "".join(run.text for run in found) == text
    for run in found:
        assert all(run.face.has(char) for char in run.text)


def test_a_letter_that_no_shipped_font_has_is_left_out() -> None:
    assert drawable("a\U00012000b") == "ab"


def test_the_house_face_has_what_the_cmap_reader_says() -> None:
    """A letter that the reader lists has a glyph of its own; one that it does not list has not."""
    points = code_points(font_path("bold"))
    font = ImageFont.truetype(str(font_path("bold")), 40)
    missing = bytes(font.getmask("\U00012000"))
    assert ord("Ж") in points
    assert bytes(font.getmask("Ж")) != missing
    assert ord("日") not in points
    assert bytes(font.getmask("日")) == missing


def test_a_file_that_is_no_font_is_refused(tmp_path) -> None:
    path = tmp_path / "x.ttf"
    path.write_bytes(b"not a font at all")
    with pytest.raises(ValueError, match="cmap"):
        code_points(path)
