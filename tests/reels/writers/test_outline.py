"""The embedded writer writes what can be spoken and shown, and invents nothing."""

from __future__ import annotations

import pytest

from reels.errors import InvalidInput
from reels.storyboard.ideas import ENGLISH, RUSSIAN
from reels.writers import Wanted
from reels.writers.outline import OutlineWriter
from reels.writers.parts import GAP


def text(prompt: str, **more: object) -> str:
    return OutlineWriter().write(Wanted.model_validate({"prompt": prompt, **more})).text


@pytest.mark.parametrize(("slides", "lines"), [(1, 4), (3, 4), (5, 5), (9, 9), (60, 9), (None, 6)])
def test_an_idea_gets_a_line_for_each_slide_as_far_as_there_are_lines(
    slides: int | None, lines: int
) -> None:
    assert len(text("Why cats purr", slides=slides).split(GAP)) == lines


def test_an_order_is_not_spoken() -> None:
    said = text("Напиши короткий текст про кота", language="ru")
    assert said.startswith("Про кота. Давайте посмотрим поближе.")
    assert "апиши короткий" not in said


def test_a_text_is_spoken_as_it_is() -> None:
    given = (
        "Cats purr when they are content.\n\nThey purr when they are hurt, too. Nobody knows why."
    )
    assert text(given) == given


def test_an_idea_in_a_language_without_an_outline_is_spoken_as_it_is() -> None:
    assert text("Warum Katzen schnurren", language="de") == "Warum Katzen schnurren."


def test_every_word_of_a_text_of_20_000_characters_is_kept() -> None:
    given = "Word after word it goes on. " * 740
    assert text(given[:20_000]).split() == given[:20_000].split()


def test_each_part_of_an_outline_is_headed_as_the_embedded_storyboard_heads_it() -> None:
    said = text("Why cats purr", slides=5)
    headings = [text("A heading", about=(said,), part=part, parts=5) for part in range(1, 6)]
    assert headings == [
        "Why cats purr",
        ENGLISH.why.shown,
        ENGLISH.points[0].shown,
        ENGLISH.points[1].shown,
        ENGLISH.closing.shown,
    ]


def test_the_first_heading_is_the_opening_sentence_if_that_is_short() -> None:
    about = ("Cats purr. It is thought that 25 hertz heal bones.",)
    assert text("A heading", about=about) == "Cats purr"


def test_a_long_opening_is_headed_by_its_strongest_clause() -> None:
    about = ("It is often said by those who live with them that, in 9 of 10 cases, cats purr.",)
    assert len(text("A heading", about=about)) < 60


def test_a_heading_does_not_count_its_point() -> None:
    about = ("The start.", "Second, cats sleep for sixteen hours.")
    assert text("A heading", about=about, part=2, parts=2) == "Cats sleep for sixteen hours"


def test_60_headings_of_a_short_text_follow_it_and_use_all_of_it() -> None:
    said = "Cats purr. Dogs bark. Birds sing."
    headings = [text("A heading", about=(said,), part=part, parts=60) for part in range(1, 61)]
    assert list(dict.fromkeys(headings)) == ["Cats purr", "Dogs bark", "Birds sing"]


def test_a_russian_outline_has_russian_headings() -> None:
    said = text("Почему желтеют листья", language="ru", slides=4)
    about = {"about": (said,), "language": "ru"}
    assert text("Заголовок", part=4, parts=4, **about) == RUSSIAN.closing.shown


@pytest.mark.parametrize("prompt", ["🎉🎉", "...", "![](x.png)"])
def test_a_prompt_without_words_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidInput, match="no words"):
        text(prompt)
