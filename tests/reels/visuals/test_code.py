"""Pictures of code: every character is there, legible, in its place."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from reels.contrast import contrast
from reels.errors import InvalidInput
from reels.models import SIZES_PX
from reels.safe_area import caption_box, content_box
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.code import draw_page, layout_of
from reels.visuals.code_drawing import draw_code
from reels.visuals.code_layout import CodeLayout
from reels.visuals.code_rows import MARK_COLUMNS, columns_of
from reels.visuals.code_spec import MAX_CODE_CHARS, MAX_CODE_LINES, CodeSpec
from reels.visuals.lexing import guessed, roles
from reels.visuals.syntax import syntax
from reels.visuals.theme import EDITORIAL, THEMES, Metrics

pytestmark = pytest.mark.slow

SIZES = list(SIZES_PX.values())
SMALL = Canvas(size_px=(540, 960))
PYTHON = "def total(rows):\n    # сумма 合計 👍\n    return sum(rows) + 1.5  \n"
LINES = st.lists(
    st.text(st.sampled_from("abc xyz_(){}=;,.\"'#\t日本ЖщQ👍é0123 "), max_size=150),
    min_size=1,
    max_size=60,
)


def laid(code: str, size: tuple[int, int], **more) -> CodeLayout:
    return layout_of(CodeSpec(code=code, **more), Canvas(size_px=size, scene_count=5))


@settings(max_examples=30, deadline=None)
@given(LINES.map("\n".join).filter(str.strip), st.sampled_from(SIZES))
@example("W" * 8000, (1080, 1080))
@example("日" * 3000, (1080, 1920))
@example("\n".join(["x"] * MAX_CODE_LINES), (1920, 1080))
@example(" " * 300 + "deep", (1080, 1920))
def test_every_character_is_on_some_page_inside_its_card_and_legible(
    code: str, size: tuple[int, int]
) -> None:
    found = laid(code, size)
    x0, y0, x1, y1 = found.card
    assert found.size_px >= 28
    assert (x0 > 0, x1 < size[0], y0 >= content_box(size, captions=True)[1]) == (True,) * 3
    assert y1 <= caption_box(size)[1]
    for page in found.pages:
        assert found.first_y + len(page) * found.row_px <= y1
        for row in page:
            text = found.lines[row.line][row.start : row.end]
            right = found.text_x + (row.indent + columns_of(text)) * found.column_px
            assert right <= x1
    shown = "".join(
        found.lines[row.line][row.start : row.end] for page in found.pages for row in page
    )
    assert "".join(shown.split()) == "".join("".join(found.lines).split())


def test_ink_stays_on_the_card() -> None:
    """What is really drawn, accents and descenders included, is where it was planned."""
    spec = CodeSpec(code="Ёg(й, Å) {日本語👍}|_\n" * 9 + "j" * 300, seed="x")
    canvas = Canvas(size_px=(1080, 1080))
    layout = layout_of(spec, canvas)
    picture = Image.new("RGB", canvas.size_px)
    palette = EDITORIAL.palettes[0]
    draw_code(picture, layout, spec, palette, EDITORIAL, Metrics(canvas.size_px))
    ImageDraw.Draw(picture).rectangle(
        (layout.card[0], layout.heading_xy[1], layout.card[2] - 1, layout.card[3] - 1), fill=0
    )
    assert picture.getbbox() is None


def test_a_long_line_goes_on_below_with_a_hanging_indent() -> None:
    found = laid("    call(" + "argument, " * 30 + ")", (1080, 1920))
    first, *rest = found.pages[0]
    assert (first.indent, first.continued) == (0, False)
    assert rest
    assert all(row.continued and row.indent == MARK_COLUMNS for row in rest)
    assert all(found.lines[0][: row.end].rstrip().endswith(",") for row in found.pages[0][:-1])


def test_the_mark_of_a_line_that_goes_on_is_seen() -> None:
    code = "word " * 40
    picture = np.asarray(draw_page(CodeSpec(code=code), SMALL), np.int16)
    found = layout_of(CodeSpec(code=code), SMALL)
    top = found.first_y + found.row_px
    mark = picture[top : top + found.row_px, found.text_x : found.text_x + round(found.column_px)]
    assert np.ptp(mark.max(axis=2)) > 60


def test_long_code_is_parted_where_it_rests_and_evenly() -> None:
    function = "def f{n}():\n    a = 1\n    b = 2\n    return a"
    found = laid("\n\n".join(function.format(n=n) for n in range(12)), (1080, 1920))
    assert len(found.pages) > 2
    for page in found.pages:
        assert found.lines[page[0].line].startswith("def ")
    sizes = [len(page) for page in found.pages]
    assert max(sizes) - min(sizes) <= 5


def test_pages_have_all_lines_in_order_and_share_one_card() -> None:
    found = laid("\n".join(f"line {n}" for n in range(MAX_CODE_LINES)), (1080, 1080))
    rows = [row.line for page in found.pages for row in page]
    assert rows == list(range(MAX_CODE_LINES))
    assert found.page(10**6) == found.pages[-1]


def test_a_page_bears_its_number_among_all() -> None:
    code = "\n".join(f"line {n}" for n in range(60))
    boxes = [draw_page(CodeSpec(code=code, page=n), SMALL) for n in (0, 1)]
    found = layout_of(CodeSpec(code=code), SMALL)
    above = (found.card[0], found.heading_xy[1], found.card[2], found.card[1])
    assert boxes[0].crop(above).tobytes() != boxes[1].crop(above).tobytes()


@pytest.mark.parametrize("field", ["page", "shown", "highlight"])
def test_the_layout_depends_on_nothing_that_a_stage_changes(field: str) -> None:
    one, other = ({field: "1"} if field == "highlight" else {field: n} for n in (0, 1))
    other = {"highlight": "2-3"} if field == "highlight" else other
    assert laid(PYTHON, SIZES[0], **one) == laid(PYTHON, SIZES[0], **other)


def test_highlighted_lines_are_tinted_and_the_others_dimmed() -> None:
    plain = np.asarray(draw_page(CodeSpec(code=PYTHON, language="python"), SMALL), np.int16)
    spec = CodeSpec(code=PYTHON, language="python", highlight=(2,))
    marked = np.asarray(draw_page(spec, SMALL), np.int16)
    found = layout_of(spec, SMALL)
    tops = [found.first_y + n * found.row_px for n in range(4)]

    def brightest(picture, line: int) -> int:
        return int(picture[tops[line] : tops[line + 1], found.text_x : found.card[2] - 9].max())

    assert brightest(marked, 0) < brightest(plain, 0)
    tint = syntax(EDITORIAL.palette("", "")).tint
    assert tuple(marked[tops[1] + 1, found.card[2] - 9]) == tint
    assert tuple(marked[tops[0] + 1, found.card[2] - 9]) != tint


@pytest.mark.parametrize(
    ("given_lines", "expected"),
    [("2,4-6", {1, 3, 4, 5}), ((2, "4-6"), {1, 3, 4, 5}), ([], set()), ("", set())],
)
def test_highlights_are_numbers_and_ranges(given_lines, expected) -> None:
    assert CodeSpec(code="x", highlight=given_lines).marked() == expected


def test_line_numbers_start_where_they_are_told_and_a_single_line_has_none() -> None:
    assert laid("x", SIZES[0]).numbers_x is None
    numbered = laid("x", SIZES[0], first_line=99)
    assert numbered.numbers_x is not None
    assert laid("a\nb", SIZES[0]).numbers_x is not None


def test_code_is_cleaned_of_what_hides_or_reorders_it() -> None:
    spec = CodeSpec(code="\tif x:\r\n\t\ty()\u202e\x00\u200b  \n\n")
    assert spec.lines() == ("if x:", "    y()")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "visual.spec.code"),
        ({"code": " \n "}, "visual.spec.code"),
        ({"code": "x" * (MAX_CODE_CHARS + 1)}, "visual.spec.code"),
        ({"code": "x\n" * (MAX_CODE_LINES + 1) + "x"}, "visual.spec.code"),
        ({"code": 7}, "visual.spec.code"),
        ({"code": "x", "highlight": "1;2"}, "visual.spec.highlight.0"),
        ({"code": "x", "page": -1}, "visual.spec.page"),
        ({"code": "x", "theme": "red"}, "visual.spec.theme"),
    ],
)
def test_a_spec_that_breaks_a_rule_names_its_field(spec, field: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        visual("code").draw(spec, SMALL, tmp_path / "x.png")
    assert caught.value.field == field


@pytest.mark.parametrize("language", ["nonsense", "../../etc/passwd", "", "{}", "x.unknown", "."])
def test_code_of_an_unknown_language_is_plain_and_no_error(language: str, tmp_path: Path) -> None:
    spec = {"code": "what is this", "language": language}
    with Image.open(visual("code").draw(spec, SMALL, tmp_path / "a.png")) as picture:
        assert (picture.size, picture.mode) == (SMALL.size_px, "RGB")
    assert set(roles("what is this", language)) == {"plain"}


@pytest.mark.parametrize(
    ("code", "language", "expected"),
    [
        ("def f(): pass", "python", "keyword"),
        ("# note", "py", "comment"),
        ("# note", "tool/run.sh", "comment"),
        ("key: 1", "yml", "keyword"),
        ("SELECT 1", "PostgreSQL", "keyword"),
        ("int x;", "C++", "type"),
        ("<p>", "html", "mark"),
        ("-old", "diff", "removed"),
    ],
)
def test_a_language_is_known_by_its_names_and_its_files(
    code: str, language: str, expected: str
) -> None:
    assert roles(code, language)[0] == expected


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("import os\nprint(1)", "python"),
        ("$ make demo", "bash"),
        ("SELECT a\nFROM b", "sql"),
        ("#include <vector>", "c++"),
        ("Just a sentence: nothing else.", ""),
        ("1 + 1", ""),
    ],
)
def test_a_language_that_is_not_named_is_told_by_clear_signs_only(code, language: str) -> None:
    assert guessed(code) == language


def test_hostile_code_ends_in_plain_text_in_time() -> None:
    """Pygments' lexer for makefiles takes time with the third power of a line's length."""
    began = time.monotonic()
    found = roles("1" * MAX_CODE_CHARS, "basemake")
    assert time.monotonic() - began < 10
    assert found == ("plain",) * MAX_CODE_CHARS


def test_all_colours_have_the_contrast_of_wcag_aa_on_their_card() -> None:
    for palette in (palette for each in THEMES.values() for palette in each.palettes):
        found = syntax(palette)
        for role, colour in found.roles.items():
            assert contrast(colour, found.card) >= 4.5, (palette.name, role)
            assert contrast(colour, found.tint) >= 4.5, (palette.name, role)
        for role, colour in {**found.dim, "number": found.number}.items():
            assert contrast(colour, found.card) >= 4.5, (palette.name, role)
        assert contrast(found.bar, found.tint) >= 4.5, palette.name


def test_roles_can_be_told_apart_in_every_palette() -> None:
    names = ("keyword", "string", "number", "name", "type", "comment", "plain")
    for palette in (palette for each in THEMES.values() for palette in each.palettes):
        colours = [syntax(palette).roles[name] for name in names]
        for one, other in pairwise(sorted(colours)):
            assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 24, palette.name


def test_the_same_spec_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [visual("code").draw({"code": PYTHON}, SMALL, tmp_path / f"{n}.png") for n in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
