"""The picture that says that there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from reels.errors import InvalidInput
from reels.models import SIZES_PX
from reels.visuals import KINDS, visual
from reels.visuals.base import Canvas


@pytest.mark.parametrize("size", SIZES_PX.values())
def test_a_placeholder_takes_any_title_and_reason(size: tuple[int, int], tmp_path: Path) -> None:
    spec = {"title": "Щ" * 120, "reason": "W" * 140}
    path = visual("placeholder").draw(spec, Canvas(size_px=size), tmp_path / "p.png")
    with Image.open(path) as picture:
        assert (picture.size, picture.mode) == (size, "RGB")


def test_it_speaks_the_language_of_the_video(tmp_path: Path) -> None:
    def drawn(language: str) -> bytes:
        canvas = Canvas(size_px=(540, 960), language=language)
        return visual("placeholder").draw({}, canvas, tmp_path / "p.png").read_bytes()

    assert drawn("ru") != drawn("en")
    assert drawn("en-GB") == drawn("en") == drawn("sw")


def test_each_kind_is_listed_under_its_own_name() -> None:
    assert {name: made.kind for name, made in KINDS.items()} == {name: name for name in KINDS}


def test_an_unknown_kind_names_the_field_and_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        visual("hologram")
    assert caught.value.field == "visual.kind"
    assert "slide" in caught.value.remedy
