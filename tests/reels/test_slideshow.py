"""How a slideshow is laid out, before anything is fetched."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from reels.errors import InvalidInput
from reels.models import FPS
from reels.slideshow import SlideshowRequest, lay_out

URL = "https://media.example.org/"


def asked(pictures: int = 4, **more: Any) -> SlideshowRequest:
    urls = [f"{URL}{number}.jpg" for number in range(pictures)]
    return SlideshowRequest.model_validate({"image_urls": urls, "audio_url": f"{URL}a.mp3", **more})


@pytest.mark.parametrize("sound_s", [10.0, 24.37, 180.0, 10.017, 899.99])
@pytest.mark.parametrize("pictures", [1, 7, 20])
def test_the_video_is_as_long_as_its_sound_to_half_a_frame(pictures: int, sound_s: float) -> None:
    layout = lay_out(asked(pictures), sound_s)
    assert sum(layout.frames) / FPS == pytest.approx(sound_s, abs=0.5 / FPS + 1e-9)


def test_a_length_goes_before_the_sounds_own() -> None:
    assert sum(lay_out(asked(length=30), 4.0).frames) == 30 * FPS
    assert sum(lay_out(asked(length=30.0), 5000.0).frames) == 30 * FPS


def test_beats_of_a_looped_sound_come_again_with_it() -> None:
    layout = lay_out(asked(4, length=16, beats=True), 4.0, (0.5, 1.5, 2.5, 3.5), 3.75)
    turns_s = [sum(layout.frames[:number]) / FPS for number in range(1, 4)]

    assert layout.on_beats
    for at in turns_s:
        assert min(abs(at % 3.75 - beat) for beat in (0.5, 1.5, 2.5, 3.5)) <= 0.5 / FPS + 1e-9


def test_without_enough_beats_the_pictures_are_shared_out_evenly() -> None:
    layout = lay_out(asked(4, beats=True), 12.0, (5.0,))
    assert layout.frames == (90, 90, 90, 90)
    assert not layout.on_beats


@pytest.mark.parametrize(
    ("request_", "sound_s", "field", "says"),
    [
        (asked(20), 9.0, "audio_url", "too short for 20 pictures"),
        (asked(20, length=9), 60.0, "length", "too short for 20 pictures"),
        (asked(2), 1000.0, "audio_url", "900 s at most"),
    ],
)
def test_what_has_no_room_is_refused(
    request_: SlideshowRequest, sound_s: float, field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        lay_out(request_, sound_s)
    assert refused.value.field == field


def test_pictures_zoom_by_turns_and_are_cropped_only_when_most_of_them_stays() -> None:
    wanted = asked(aspect="9:16")
    assert [wanted.motion_of(turn) for turn in range(3)] == ["zoom_in", "zoom_out", "zoom_in"]
    assert [wanted.fit_of(shape) for shape in ((1080, 1920), (900, 1200), (1600, 1200))] == [
        "cover",
        "cover",
        "blur",
    ]
    fixed = asked(motion="pan_left", fit="cover")
    assert (fixed.motion_of(1), fixed.fit_of((1600, 100))) == ("pan_left", "cover")


def test_shuffling_is_the_same_for_the_same_job() -> None:
    wanted = asked(20, order="shuffled")
    assert wanted.turns("a") == wanted.turns("a") != wanted.turns("b")
    assert sorted(wanted.turns("a")) == list(range(20))
    assert asked(3).turns("a") == (0, 1, 2)


@pytest.mark.parametrize(
    "more",
    [
        {"texts": ["a"] * 5},
        {"texts": ["a"], "captions": "karaoke"},
        {"length": 0.2},
        {"length": float("nan")},
        {"fade_in_s": 11},
        {"image_urls": []},
    ],
)
def test_what_cannot_be_meant_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(**more)
