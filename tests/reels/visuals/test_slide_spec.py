"""How a scene becomes a slide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.models import Scene, Visual
from reels.visuals import SlideSpec, spec_for

TITLE = "The Emu War"


def made(text: str, number: int = 3, count: int = 7, **spec) -> SlideSpec:
    scene = Scene(narration=text, on_screen_text=text, visual=Visual(spec=spec))
    return SlideSpec.model_validate(spec_for(scene, TITLE, number, count))


def test_the_first_scene_is_a_title_card_with_its_line_below() -> None:
    spec = made("In 1932, a war began", number=1)
    assert (spec.layout, spec.title, spec.body) == ("title", TITLE, "In 1932, a war began")


def test_the_title_is_not_said_twice() -> None:
    assert made("The emu war.", number=1).body == ""


def test_the_last_scene_is_a_closing_card() -> None:
    assert made("The emus won", number=7).layout == "closing"


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("Three men and 10,000 rounds", "10,000"),
        ("Наклон дошёл до 5,5°", "5,5°"),
        ("Только 40 % вернулись", "40 %"),
        ("It cost $3.5 in all", "$3.5"),
        ("Осталось 100 000 человек", "100 000"),
    ],
)
def test_a_lone_number_is_shown_large(text: str, figure: str) -> None:
    spec = made(text)
    assert (spec.layout, spec.figure, spec.title) == ("figure", figure, text)


def test_a_number_after_a_colon_is_not_repeated() -> None:
    assert made("Наклон: 5,5°").title == "Наклон"


def test_a_line_that_is_a_quotation_loses_its_marks_to_the_large_one() -> None:
    spec = made("“They can face machine guns.”")
    assert (spec.layout, spec.title) == ("quote", "They can face machine guns.")


def test_the_point_after_a_dash_is_in_the_accent_colour() -> None:
    assert made("The birds scattered in groups — all missed").emphasis == "all missed"


def test_an_edited_on_screen_text_shows_although_the_scene_has_a_spec() -> None:
    spec = made("New words", eyebrow="Part two")
    assert (spec.title, spec.eyebrow) == ("New words", "Part two")


def test_bullets_make_a_list() -> None:
    spec = made("What they had", bullets=["guns", "rounds"])
    assert (spec.layout, spec.bullets) == ("list", ("guns", "rounds"))


def test_a_spec_of_a_kind_that_is_not_drawn_is_left_alone() -> None:
    scene = Scene(narration="x", visual=Visual(kind="image", spec={"url": "https://a.example"}))
    assert spec_for(scene, TITLE, 1, 3) == {"url": "https://a.example"}


@pytest.mark.parametrize("kind", ["code", "diagram", "formula"])
def test_a_figure_gets_the_scenes_text_as_its_title_and_the_videos_family(kind: str) -> None:
    scene = Scene(narration="x", on_screen_text="Count", visual=Visual(kind=kind, spec={"a": "b"}))
    assert spec_for(scene, TITLE, 1, 3) == {
        "title": "Count",
        "eyebrow": TITLE,
        "seed": TITLE,
        "a": "b",
    }
    own = scene.model_copy(update={"visual": Visual(kind=kind, spec={"title": "Own"})})
    assert spec_for(own, TITLE, 1, 3)["title"] == "Own"


@given(
    st.text(min_size=1, max_size=600).filter(lambda t: t.strip()),
    st.text(max_size=200),
    st.text(min_size=1, max_size=120),
    st.integers(1, 3),
    st.lists(st.text(min_size=1, max_size=40), max_size=5),
)
def test_any_scene_gives_a_spec_that_is_valid(narration, shown, title, number, bullets) -> None:
    try:
        spec = {"bullets": bullets} if bullets else {}
        scene = Scene(narration=narration, on_screen_text=shown, visual=Visual(spec=spec))
        SlideSpec.model_validate({"bullets": bullets})
    except ValueError:
        return
    SlideSpec.model_validate(spec_for(scene, title, number, 3))
