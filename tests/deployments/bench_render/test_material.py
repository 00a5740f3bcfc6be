"""What the contenders show is the same, and changes only where it should."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from deployments.bench_render import cue_states, material, zoompan
from deployments.bench_render.pictures import make_pictures
from reels.motion import view


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (90, 160), "teal").save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_words_are_spoken_throughout() -> None:
    words = material.words(20)
    assert words[0].start_s < 0.5
    assert words[-1].end_s > 19
    assert 45 <= len(words) <= 50


def test_an_edit_changes_one_cue_and_its_times_stay(picture: Path) -> None:
    before = material.timeline([picture], 12)
    after = material.edited(before, 2)
    changed = [
        n for n, pair in enumerate(zip(before.cues, after.cues, strict=True)) if pair[0] != pair[1]
    ]
    assert changed == [2]
    assert after.cues[2].text != before.cues[2].text
    assert after.cues[2].start_s == before.cues[2].start_s


def test_the_recipe_zooms_as_we_do(picture: Path, tmp_path: Path) -> None:
    """The polynomial that `zoompan` is given has our zoom at every frame."""
    timeline = material.timeline([picture], 8)
    words = zoompan.command(timeline, tmp_path, tmp_path / "out.mp4")
    graph = words[words.index("-filter_complex") + 1]
    expression = re.search(r"zoompan=z='([^']+)'", graph)
    assert expression
    for on in (0, 1, 60, 119):
        zoom = eval(expression[1], {"on": on})
        assert zoom == pytest.approx(view("zoom_in", on, 120).zoom, abs=2e-6)


def test_every_word_is_lit_once_and_none_stands_outside(picture: Path) -> None:
    cues = material.cues(20)
    for cue, shown in zip(cues, cue_states.set_cues(cues, material.SIZE_PX), strict=True):
        assert [text for text, _, _ in shown.words()] == cue.text.split()
        assert len(shown.states) == len(cue.text.split())
        assert all(0 < x < 1080 for _, x, _ in shown.words())


def test_pictures_are_always_the_same(tmp_path: Path) -> None:
    first = make_pictures(tmp_path / "a", 1, (90, 160))[0].read_bytes()
    assert make_pictures(tmp_path / "b", 1, (90, 160))[0].read_bytes() == first
