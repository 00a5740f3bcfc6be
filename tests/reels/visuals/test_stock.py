"""Stock media as visuals, and what a storyboard shows where nobody said it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from deployments.fake_cloud.stock import NOTHING
from reels.checks import check_storyboard, check_visuals
from reels.cloud.stock import StockQuery, search
from reels.errors import AuthenticationFailed, BadOutput, InvalidInput
from reels.models import Scene, Storyboard, VideoRequest, Visual
from reels.pictures import decode
from reels.probe import probe
from reels.settings import FlowSettings
from reels.storyboard.shown import shown_as_asked
from reels.visuals import Canvas, visual
from reels.visuals.stock import first_unused

CANVAS = Canvas(size_px=(360, 640))


def test_a_picture_has_the_canvas_shape_and_covers_it(cloud: Cloud, tmp_path: Path) -> None:
    file = visual("stock_picture").draw({"query": "lake"}, CANVAS, tmp_path / "a.png")
    height, width = decode(file).shape[:2]
    assert file.suffix == ".jpg"
    assert (width >= 360, height >= 640, width < height) == (True, True, True)
    assert width < 1000, "it is not fetched larger than it is shown"
    assert cloud.state.counted("pixabay") == []


def test_a_clip_is_an_mp4_in_the_smallest_size_that_covers(cloud: Cloud, tmp_path: Path) -> None:
    spec: dict[str, Any] = {"query": "lake", "provider": "pixabay"}
    file = visual("stock_clip").draw(spec, CANVAS, tmp_path / "a.png")
    video = probe(file).video
    assert file.suffix == ".mp4"
    assert video is not None
    assert video.size_px == (360, 640)
    assert cloud.state.counted("pexels") == []


def test_the_same_words_give_the_same_picture(cloud: Cloud, tmp_path: Path) -> None:
    files = [
        visual("stock_picture").draw({"query": "lake"}, CANVAS, tmp_path / name)
        for name in ("a", "b")
    ]
    assert np.array_equal(*map(decode, files))
    assert len(cloud.state.counted("pexels")) == 2


def test_the_next_library_is_asked_when_one_has_nothing(cloud: Cloud, tmp_path: Path) -> None:
    cloud.state.plan("pexels", [Fault(status=200, body={"photos": []})])
    assert visual("stock_picture").draw({"query": "lake"}, CANVAS, tmp_path / "a").exists()
    assert len(cloud.state.counted("pixabay")) == 1
    with pytest.raises(BadOutput, match="Pixabay has no picture"):
        visual("stock_picture").draw({"query": NOTHING}, CANVAS, tmp_path / "b")


def test_without_any_key_the_setting_is_named(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PEXELS", "PIXABAY"):
        monkeypatch.setenv(f"VIDEO_SERVICE_{name}_API_KEY", "")
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_PEXELS_API_KEY"):
        visual("stock_clip").draw({"query": "lake"}, CANVAS, tmp_path / "a")


def test_what_is_used_is_passed_over_until_nothing_is_left(cloud: Cloud) -> None:
    items = search("pexels", StockQuery(medium="picture", words="lake", size_px=(360, 640)))[:2]
    used: set[str] = set()
    for item in items:
        assert first_unused(items, used) == item
        used.add(item.name)
    with pytest.raises(BadOutput, match="in this video already"):
        first_unused(items, used)


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        ("stock_picture", {}, "spec.query"),
        ("stock_picture", {"query": "x" * 101}, "spec.query"),
        ("stock_clip", {"query": "x", "provider": "shutterstock"}, "spec.provider"),
        ("stock_clip", {"query": "x", "pick": {"url": "http://localhost"}}, "spec.pick"),
        ("library", {"folder": "../eve"}, "spec.folder"),
        ("library", {"folder": "a", "name": "b/c.png"}, "spec.name"),
        ("nothing", {}, "kind"),
    ],
)
def test_a_spec_that_cannot_be_followed_is_refused_at_the_door(
    kind: str, spec: dict[str, Any], field: str
) -> None:
    scene = Scene(narration="Tea is a leaf.", visual=Visual(kind=kind, spec=spec))
    with pytest.raises(InvalidInput) as caught:
        check_storyboard(Storyboard(title="Tea", scenes=(scene,)), "", FlowSettings())
    assert caught.value.field == f"storyboard.scenes.0.visual.{field}"


@pytest.mark.parametrize("kind", ["placeholder", "nothing", "library"])
def test_kinds_that_no_storyboarder_can_choose_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_visuals(("slide", kind), "")
    assert caught.value.field == "visuals.1"


@pytest.mark.parametrize(
    "folder",
    ["/a", "a/", "a//b", ".", "..", "a/..", "a/../../eve", "a\\b", "a\nb", "%2e%2e", "a%2Fb",
     "\u202ea", "e\u0301", "a..b", ".hidden", "a b", "x" * 201],
)  # fmt: skip
def test_a_folder_is_a_path_of_safe_segments(folder: str) -> None:
    with pytest.raises(ValueError, match="background_folder"):
        VideoRequest(idea="Tea", background_folder=folder)


def storyboard(*visuals: Visual) -> Storyboard:
    scenes = tuple(Scene(narration=f"Tea is leaf {n}.", visual=v) for n, v in enumerate(visuals))
    return Storyboard(title="Tea", scenes=scenes)


def kinds(board: Storyboard) -> list[str]:
    return [scene.visual.kind for scene in board.scenes]


SLIDE = Visual()
LISTED = Visual(spec={"bullets": ["a", "b"]})
DRAWN = Visual(kind="generated", spec={"prompt": "a lake"})


def test_a_folder_takes_the_place_of_slides() -> None:
    board = storyboard(SLIDE, LISTED, DRAWN)
    shown = shown_as_asked(board, "trips", (), by_user=False)
    assert kinds(shown) == ["library", "library", "generated"]
    own = shown_as_asked(board, "trips", (), by_user=True)
    assert kinds(own) == ["library", "slide", "generated"]
    assert shown_as_asked(board, "trips", ("slide",), by_user=False) == board


def test_stock_takes_the_place_of_slides_that_were_not_wanted() -> None:
    board = storyboard(SLIDE, SLIDE, DRAWN)
    shown = shown_as_asked(board, "", ("stock_picture", "stock_clip"), by_user=False)
    assert kinds(shown) == ["stock_clip", "stock_picture", "generated"]
    assert shown.scenes[0].visual.spec == {"query": "Tea is leaf 0"}
    check_storyboard(shown, "", FlowSettings())
    assert shown_as_asked(board, "", ("slide", "stock_clip"), by_user=False) == board
