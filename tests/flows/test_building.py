"""A scene's picture is built up in step with the words that name its parts."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.audio import SpokenLine
from flows.shots import planned_shots
from reels.models import ArtifactRef, Build, Scene, SpeechRef, Storyboard, VisualRef, Word
from reels.plans import PlannedBuild, PlannedShot

SAID = "There are three reasons: trade comes by water, fields need water, and mills turn."
PARTS = ("", "Trade comes by water", "Fields need water", "Mills turn")


def ref(name: str) -> ArtifactRef:
    return ArtifactRef(key=name, sha256="a" * 64, size_bytes=1, media_type="image/png")


def picture(parts: tuple[str, ...] = PARTS) -> VisualRef:
    builds = tuple(Build(picture=ref(f"{n}.png"), text=text) for n, text in enumerate(parts))
    return VisualRef(picture=builds[-1].picture, provider="slide", builds=builds)


def line(step_s: float = 0.5) -> SpokenLine:
    words = tuple(
        Word(text=text, start_s=n * step_s, end_s=n * step_s + step_s * 0.8)
        for n, text in enumerate(SAID.split())
    )
    speech = SpeechRef(audio=ref("a.wav"), duration_s=words[-1].end_s, provider="v")
    return SpokenLine(speech, words, "v")


def shot(frames: int, visual: VisualRef, motion: str = "zoom_in") -> PlannedShot:
    job: Any = SimpleNamespace(request=SimpleNamespace(fit="cover"))
    assets: Any = SimpleNamespace(visuals=[visual])
    scene = Scene(narration=SAID, motion=motion)
    board = Storyboard(title="t", scenes=(scene,))
    [made] = planned_shots(job, board, assets, [line()], (frames,))
    return made


def test_every_part_is_there_as_it_is_named() -> None:
    made = shot(240, picture())
    assert made.picture.key == "0.png"
    assert [build.picture.key for build in made.builds] == ["1.png", "2.png", "3.png"]
    words = [word.strip(":,.").lower() for word in SAID.split()]
    for build, word in zip(made.builds, ("trade", "fields", "mills"), strict=True):
        named_at = words.index(word) * 0.5 + 0.5
        assert build.from_frame / 30 == pytest.approx(named_at, abs=0.7)


def test_what_is_being_built_up_stands_still_and_what_is_not_moves() -> None:
    assert shot(240, picture()).motion == "none"
    alone = shot(240, VisualRef(picture=ref("p.png"), provider="slide"))
    assert (alone.motion, alone.builds, alone.picture.key) == ("zoom_in", (), "p.png")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(2, 12))
def test_whatever_the_room_pictures_come_in_order_with_time_to_be_seen(
    frames: int, parts: int
) -> None:
    made = shot(frames, picture(tuple(PARTS[n % 4] for n in range(parts))))
    starts = [0, *(build.from_frame for build in made.builds), made.frames]
    assert all(later - earlier >= 18 for earlier, later in pairwise(starts)) or not made.builds
    last = made.builds[-1].picture if made.builds else made.picture
    assert last.key == f"{parts - 1}.png"
    assert bool(made.builds) == (frames >= 36)


@pytest.mark.parametrize("starts", [(0,), (30,), (10, 10), (20, 10)])
def test_a_plan_whose_builds_are_out_of_order_or_outside_is_refused(
    starts: tuple[int, ...],
) -> None:
    with pytest.raises(ValidationError):
        PlannedShot(
            picture=ref("p.png"),
            frames=30,
            builds=tuple(PlannedBuild(picture=ref("q.png"), from_frame=at) for at in starts),
        )
