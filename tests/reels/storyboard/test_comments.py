"""What a reviewer's comment is taken to mean."""

from __future__ import annotations

import pytest

from reels.storyboard.comments import Wish, understand


@pytest.mark.parametrize("comment", ["Make it shorter", "короче, пожалуйста", "SHORTER!"])
def test_shorter_asks_for_shorter_scenes_and_fewer_points(comment: str) -> None:
    wish = understand(comment)
    assert wish.pace < 1
    assert wish.points == -1


@pytest.mark.parametrize("comment", ["longer", "подробнее"])
def test_longer_asks_for_more(comment: str) -> None:
    wish = understand(comment)
    assert wish.pace > 1
    assert wish.points == 1


@pytest.mark.parametrize(
    ("comment", "title"),
    [
        ("title: Birds won.", "Birds won"),
        ("Новый заголовок: «Птицы победили»", "Птицы победили"),
        ("please, title = “A, b”\nthanks", "A, b"),
    ],
)
def test_a_title_is_taken_over(comment: str, title: str) -> None:
    assert understand(comment) == Wish(title=title)


def test_anything_else_asks_for_another_split() -> None:
    assert understand("I do not like it").pace != 1.0
