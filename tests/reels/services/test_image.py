"""A text becomes a slide of the asked size, in the palette of its video."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deployments.fake_cloud.running import Cloud
from reels.services import SERVICES
from reels.services.base import TaskResult
from reels.visuals.theme import theme
from tests.reels.cloud.gemini_kit import error
from tests.reels.services.kit import FileBench, order

IMAGE = SERVICES["image-service"]
OURS = theme("").palette("", "1f").name
SMALL = {"resolution": "270x480"}


def made(bench: FileBench, text: str = "Cats purr", **asked: object) -> TaskResult:
    return IMAGE.work(order("image-service", **{"prompt": text, "params": SMALL, **asked}), bench)


def picture(bench: FileBench, result: TaskResult) -> Image.Image:
    assert result.artifact is not None
    return Image.open(bench.fetch(result.artifact)).convert("RGB")


@pytest.mark.parametrize(
    ("resolution", "size"),
    [
        ("", (1080, 1920)),
        ("1920x1080", (1920, 1080)),
        (" 480 × 270 ", (480, 270)),
        ("241x333", (240, 332)),
        ("240x2160", (240, 2160)),
        ("2160x240", (2160, 240)),
    ],
)
def test_a_slide_has_the_asked_size_in_even_pixels(
    resolution: str, size: tuple[int, int], bench: FileBench
) -> None:
    result = made(bench, params={"resolution": resolution})
    assert (result.provider, result.degraded) == ("slide", "")
    assert picture(bench, result).size == size


@pytest.mark.parametrize("text", ["Word " * 4_000, "W" * 4_000, "猫" * 300])
def test_a_text_of_any_length_makes_a_slide(text: str, bench: FileBench) -> None:
    assert picture(bench, made(bench, text)).size == (270, 480)


def test_all_slides_of_a_family_have_its_accent_and_those_of_another_have_not(
    bench: FileBench,
) -> None:
    def nearest(family: str, turn: int) -> float:
        """How far the nearest pixel is from the accent of the family `1f`."""
        drawn = picture(bench, made(bench, family=family, turn=turn, turns=4))
        accent = np.asarray(theme("").palette("", "1f").accent[:3])
        return float(np.abs(np.asarray(drawn, float) - accent).max(axis=2).min())

    other = next(name for name in "abcdef" if theme("").palette("", name).name != OURS)
    assert max(nearest("1f", turn) for turn in (1, 2, 3)) < 12
    assert min(nearest(other, turn) for turn in (1, 2, 3)) > 30


def test_the_text_that_a_field_names_goes_before_the_prompt(bench: FileBench) -> None:
    named = made(bench, "Dogs", inputs={"slide_prompt_id": (bench.written("Cats purr"),)})
    assert named.artifact == made(bench, "Cats purr").artifact


def test_without_captions_their_room_is_used(bench: FileBench) -> None:
    without = made(bench, params={**SMALL, "captions": "none"})
    assert without.artifact != made(bench).artifact


def test_a_picture_is_generated_where_the_settings_say_so(
    bench: FileBench, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_TEXT2IMG_PROVIDER", "gemini")
    result = made(bench)
    assert result.provider == "generated"
    assert picture(bench, result).size == (270, 480)


def test_a_slide_stands_in_for_a_picture_that_cannot_be_generated_and_says_so(
    bench: FileBench, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_TEXT2IMG_PROVIDER", "gemini")
    cloud.state.plan("gemini", [error(503, "UNAVAILABLE")])
    result = made(bench)
    assert result.provider == "slide"
    assert result.degraded.startswith("A slide in place of a generated picture")
