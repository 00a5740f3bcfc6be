"""The storyboarder that works without a network."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reels.errors import InvalidInput
from reels.models import MAX_SCENES, MAX_TEXT_CHARS, Storyboard
from reels.storyboard import STORYBOARDERS, Brief, Revision, storyboarder
from reels.storyboard.grouping import WORDS_PER_S
from reels.storyboard.markdown import plain
from reels.storyboard.sentences import weight
from reels.visuals import SlideSpec, spec_for

EXAMPLES = Path(__file__).parents[3] / "examples"
LETTERS = st.text(st.sampled_from("abЖя9日本語한 \n.,!?;:—«»\"'()%مر😀"), min_size=1, max_size=900)


def draft(comment: str = "", before: Storyboard | None = None, **brief) -> Storyboard:
    revision = Revision(storyboard=before, comment=comment) if before else None
    return storyboarder("outline").draft(Brief(**brief), revision)


def spoken(storyboard: Storyboard) -> str:
    return letters("".join(scene.narration for scene in storyboard.scenes))


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def seconds(storyboard: Storyboard) -> float:
    return sum(weight(scene.narration) for scene in storyboard.scenes) / WORDS_PER_S


@settings(max_examples=80, deadline=None)
@given(LETTERS, st.sampled_from([None, 10, 60]))
def test_every_letter_of_a_text_is_spoken_once_and_in_order(text: str, duration_s) -> None:
    if not letters(text):
        with pytest.raises(InvalidInput):
            draft(text=text)
        return
    if re.search(r"(?m)^\s*\d+[.)]\s", text):
        return
    assert spoken(draft(text=text, duration_s=duration_s)) == letters(text)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=400), st.sampled_from(["en", "ru", "de", "zh"]))
def test_any_text_and_any_idea_give_scenes_that_can_be_drawn_or_a_clear_refusal(
    text: str, language: str
) -> None:
    for source in ("text", "idea"):
        if not letters(plain(text)):
            with pytest.raises(InvalidInput, match="no words"):
                draft(**{source: text}, language=language)
            continue
        made = draft(**{source: text}, language=language)
        for number, scene in enumerate(made.scenes, 1):
            SlideSpec.model_validate(spec_for(scene, made.title, number, len(made.scenes)))


@pytest.mark.parametrize(
    "text",
    [
        "One two three. " * 1333,
        "a" * MAX_TEXT_CHARS,
        "字" * MAX_TEXT_CHARS,
        "ab\n\n" * 5000,
        "- x\n" * 5000,
        ("w" * 300 + " ") * 66,
        "word " * 4000,
        "# h\n\nt\n\n" * 2400,
    ],
    ids=["sentences", "one word", "han", "paragraphs", "items", "giants", "no stops", "headings"],
)
def test_the_longest_text_fits_into_the_most_scenes(text: str) -> None:
    made = draft(text=text[:MAX_TEXT_CHARS])
    assert len(made.scenes) <= MAX_SCENES
    if "#" not in text:
        assert spoken(made) == letters(text[:MAX_TEXT_CHARS])


@pytest.mark.parametrize("text", ["---", "**", "# ", "😀", "...", "\u200b", "```\n\n```"])
def test_a_text_without_words_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        draft(text=text)
    assert caught.value.field == "text"


def test_an_idea_without_words_is_refused_by_its_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        draft(idea="**?!**")
    assert caught.value.field == "idea"


def test_the_first_heading_is_the_title_and_others_stand_above_their_scenes() -> None:
    made = draft(text="# Tea\n\nIt is old.\n\n## Today\n\nMany drink it.")
    assert made.title == "Tea"
    assert [scene.narration for scene in made.scenes] == ["It is old.", "Many drink it."]
    assert [scene.visual.spec.get("eyebrow") for scene in made.scenes] == [None, "Today"]


def test_a_heading_with_nothing_below_it_is_spoken() -> None:
    assert spoken(draft(text="# A\n\n# B\n\n# C")) == "BC"
    assert spoken(draft(text="# Alone")) == "Alone"


def test_a_list_becomes_bullets_under_its_lead() -> None:
    made = draft(text="They had three things:\n\n- two guns\n- many rounds\n- a camera")
    (scene,) = made.scenes
    assert scene.on_screen_text == "They had three things"
    assert scene.visual.spec["bullets"] == ["two guns", "many rounds", "a camera"]
    assert scene.narration == "They had three things: two guns. many rounds. a camera."


def test_without_a_heading_the_strongest_words_of_the_first_scene_are_the_title() -> None:
    assert draft(text="Rain fell. Everybody stayed at home.").title in (
        "Everybody stayed at home",
        "Rain fell",
    )


@pytest.mark.parametrize(("file", "language"), [("demo.md", "en"), ("demo.ru.md", "ru")])
def test_the_shipped_texts_make_a_video_of_30_to_45_seconds(file: str, language: str) -> None:
    made = draft(text=(EXAMPLES / file).read_text(encoding="utf-8"), language=language)
    assert 30 <= seconds(made) <= 46
    assert 6 <= len(made.scenes) <= 10


@pytest.mark.parametrize("language", ["en", "ru", "en-GB"])
@pytest.mark.parametrize(
    "idea", ["why cats purr", "Why do cats purr?", "**Cats** purr...", "«Кот»."]
)
def test_an_idea_becomes_a_script_of_15_to_40_seconds_around_it(idea: str, language: str) -> None:
    made = draft(idea=idea, language=language)
    assert 15 <= seconds(made) <= 40
    said = " ".join(scene.narration for scene in made.scenes)
    assert letters(idea).lower() in letters(said).lower()
    assert not re.search(r"\?\.|!\.|(?<!\.)\.\.(?!\.)|\.{4}|\*", said)


def test_the_wished_length_steers_an_outline() -> None:
    short, long = (draft(idea="tea", duration_s=s) for s in (12, 45))
    assert seconds(short) < 22
    assert seconds(long) > 35


def test_the_wished_length_steers_the_scenes_of_a_text() -> None:
    text = "This is a sentence of seven words. " * 20
    slow, fast = (len(draft(text=text, duration_s=s).scenes) for s in (40, 120))
    assert slow < fast


def test_an_idea_in_a_language_without_a_template_keeps_to_its_own_words() -> None:
    assert spoken(draft(idea="Warum der Himmel blau ist", language="de")) == "WarumderHimmelblauist"


def test_a_long_idea_is_spoken_as_it_is() -> None:
    idea = "Tea is old. " * 20
    assert spoken(draft(idea=idea)) == letters(idea)


def test_a_comment_for_shorter_makes_more_and_shorter_scenes_of_a_text() -> None:
    text = "This is one sentence of a few words. " * 12
    before = draft(text=text)
    after = draft("shorter", before, text=text)
    assert len(after.scenes) > len(before.scenes)
    assert spoken(after) == spoken(before)


def test_a_comment_for_shorter_leaves_a_point_of_an_idea_out() -> None:
    before = draft(idea="tea")
    assert seconds(draft("короче", before, idea="tea")) < seconds(before)
    assert seconds(draft("longer", before, idea="tea")) > seconds(before)


def test_a_title_in_a_comment_replaces_the_title_and_nothing_else() -> None:
    before = draft(idea="tea")
    after = draft("title: All about tea", before, idea="tea")
    assert after.title == "All about tea"
    assert after.scenes == before.scenes


@given(st.text(max_size=200))
def test_no_comment_breaks_a_revision(comment: str) -> None:
    before = draft(text="One. Two. Three.")
    assert spoken(draft(comment, before, text="One. Two. Three.")) == "OneTwoThree"


def test_no_two_scenes_in_a_row_move_alike() -> None:
    made = draft(text="This is a sentence of seven words here. " * 30)
    motions = [scene.motion for scene in made.scenes]
    assert all(a != b for a, b in pairwise(motions))


def test_the_same_brief_gives_the_same_storyboard() -> None:
    assert draft(text="One. Two. Three, four.") == draft(text="One. Two. Three, four.")


def test_each_storyboarder_is_listed_under_its_own_name() -> None:
    assert all(name == made.name for name, made in STORYBOARDERS.items())
    with pytest.raises(InvalidInput) as caught:
        storyboarder("nobody")
    assert caught.value.field == "storyboard_provider"


def test_rows_of_dots_are_no_scenes() -> None:
    """As in a table of contents."""
    found = storyboarder("outline").draft(Brief(text="Chapter one" + "." * 5_000 + "1"))
    assert all(any(map(str.isalnum, scene.narration)) for scene in found.scenes)
    assert found.scenes[0].narration.startswith("Chapter one")
