"""Stages build a picture up: they are few, they line up, and the last shows all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from reels.errors import InvalidInput
from reels.models import SIZES_PX
from reels.visuals.base import MAX_STAGES, Canvas
from reels.visuals.code import draw_page, layout_of
from reels.visuals.code_spec import CodeSpec
from reels.visuals.slide import draw_slide
from reels.visuals.slide_spec import SlideSpec
from reels.visuals.stages import stages

SMALL = Canvas(size_px=(540, 960))
LISTED = {"layout": "list", "title": "Three", "bullets": ["One cat", "Два кота", "三只猫"]}
BLOCKS = """import os
import re
import sys


def load_rows():
    # reads the table
    return 1


def save():
    pass"""


def slides(spec) -> list[SlideSpec]:
    return [SlideSpec.model_validate(stage.spec) for stage in stages("slide", spec, SMALL)]


def test_a_list_starts_with_its_title_and_gains_one_bullet_at_a_time() -> None:
    found = stages("slide", LISTED, SMALL)
    assert [stage.text for stage in found] == ["", "One cat", "Два кота", "三只猫"]
    assert [slide.shown for slide in slides(LISTED)] == [0, 1, 2, None]


def test_the_last_stage_is_the_spec_itself_so_that_its_picture_is_not_drawn_twice() -> None:
    assert stages("slide", LISTED, SMALL)[-1].spec == LISTED
    assert stages("code", {"code": BLOCKS}, SMALL)[-1].spec == {"code": BLOCKS}


def test_each_bullet_is_added_below_the_last_and_nothing_else_changes() -> None:
    pictures = [draw_slide(slide, SMALL) for slide in slides(LISTED)]
    bottom = 0
    for before, after in pairwise(pictures):
        box = ImageChops.difference(before, after).getbbox()
        assert box is not None
        assert box[1] >= bottom
        bottom = box[3]


def test_a_list_without_a_title_is_never_an_empty_picture() -> None:
    found = stages("slide", {"bullets": ["one", "two"]}, SMALL)
    assert [stage.spec.get("shown") for stage in found] == [1, None]
    assert found[0].text == ""


def test_bullets_that_no_font_has_are_no_stage() -> None:
    found = stages("slide", {"title": "x", "bullets": ["\U00012000", "two"]}, SMALL)
    assert [stage.text for stage in found] == ["", "two"]


@pytest.mark.parametrize(
    ("kind", "spec"), [("slide", {"title": "x"}), ("placeholder", {"title": "x"})]
)
def test_what_is_not_built_up_has_one_stage(kind: str, spec) -> None:
    (only,) = stages(kind, spec, SMALL)
    assert (only.spec, only.text) == (spec, "")


def test_code_is_built_up_block_by_block_with_the_words_of_each() -> None:
    found = stages("code", {"code": BLOCKS, "language": "python"}, SMALL)
    assert [stage.text for stage in found] == ["", "load rows reads the table 1", "save"]
    assert [stage.spec.get("shown") for stage in found] == [3, 8, None]


def test_a_line_or_two_are_no_stage_of_their_own() -> None:
    (only,) = stages("code", {"code": "import os\n\nprint(1)\n\nprint(2)"}, SMALL)
    assert only.spec.get("shown") is None


def test_blocks_of_code_are_added_below_and_nothing_else_changes() -> None:
    specs = [CodeSpec.model_validate(s.spec) for s in stages("code", {"code": BLOCKS}, SMALL)]
    pictures = [draw_page(spec, SMALL) for spec in specs]
    bottom = 0
    for before, after in pairwise(pictures):
        box = ImageChops.difference(before, after).getbbox()
        assert box is not None
        assert box[1] >= bottom
        bottom = box[3]


def test_long_code_has_a_stage_for_each_page() -> None:
    spec = {"code": "\n".join(f"line_{n} = {n}" for n in range(120))}
    found = stages("code", spec, SMALL)
    count = len(layout_of(CodeSpec.model_validate(spec), SMALL).pages)
    assert 3 < count == len(found)
    assert [stage.spec.get("page", 0) for stage in found] == list(range(count))


def test_code_of_more_pages_than_stages_shows_the_first_of_them() -> None:
    spec = {"code": "\n".join(f"line_{n} = {n}" for n in range(400))}
    found = stages("code", spec, Canvas(size_px=(1080, 1080)))
    assert [stage.spec.get("page", 0) for stage in found] == list(range(MAX_STAGES))


def test_a_spec_that_breaks_a_rule_is_refused_as_in_drawing() -> None:
    with pytest.raises(InvalidInput, match=r"visual\.spec\.code"):
        stages("code", {}, SMALL)


CODE = st.lists(st.sampled_from(["", "x = 1", "    y()", "def f(a, b):", "# " + "ж " * 40]))


@settings(max_examples=30, deadline=None)
@given(CODE.map("\n".join).filter(str.strip), st.sampled_from(list(SIZES_PX.values())))
def test_the_stages_of_any_code_are_few_rise_and_show_every_line(
    code: str, size: tuple[int, int]
) -> None:
    canvas = Canvas(size_px=size)
    spec = {"code": code * 3}
    found = [CodeSpec.model_validate(stage.spec) for stage in stages("code", spec, canvas)]
    pages = layout_of(found[0], canvas).pages
    assert len(found) <= MAX_STAGES
    places = [(each.page, each.shown or 10_000) for each in found]
    assert places == sorted(set(places))
    whole = {each.page for each in found if each.shown is None}
    assert whole == set(range(min(len(pages), MAX_STAGES)))
