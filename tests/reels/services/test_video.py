"""Whole scenarios become videos that can be published."""

from __future__ import annotations

import pytest

from reels.loudness import measure
from reels.models import FPS
from reels.scenarios.library import shipped
from reels.services import SERVICES
from reels.services.base import TaskResult
from tests.reels.render_kit import decoded
from tests.reels.scenarios.kit import HANDED_OVER, expand
from tests.reels.services.kit import FileBench, order, results_of

pytestmark = pytest.mark.slow

VIDEO = SERVICES["video-service"]


def test_the_shipped_template_makes_a_video_whose_slides_change_with_its_voice(
    bench: FileBench,
) -> None:
    variables = {"RESOLUTION": "270x480"}
    asked = {"description": "Write a short text about why cats purr", "variables": variables}
    made = results_of(expand(shipped()["CreateVideo"], slides_count=4, **asked), bench)
    plan = bench.plans[0]
    voice, video = made["CreateVoice.1"], made["CreateVideo.1"]
    assert bench.text(made["CreateText.1"]).startswith("Why cats purr. ")
    assert [bench.text(made[f"CreateHeading.{n}"]) for n in (1, 4)] == [
        "Why cats purr",
        "What would you add?",
    ]
    assert (plan.size_px, len(plan.shots), plan.captions) == ((270, 480), 4, "karaoke")
    assert plan.music is not None
    assert voice.duration_s is not None
    assert 1 < plan.duration_s - voice.duration_s < 2
    assert " ".join(cue.text for cue in plan.cues).split() == voice.text.split()
    assert video.artifact is not None
    file = bench.fetch(video.artifact)
    assert measure(file).integrated_lufs == pytest.approx(-14, abs=0.5)
    assert len(decoded(file)) == plan.frames


def test_the_template_that_was_handed_over_makes_a_video_without_speaking_its_order(
    bench: FileBench,
) -> None:
    asked = {
        "description": "Напиши короткий текст про кота",
        "slides_count": 3,
        "variables": {"VIDEO_RESOLUTION": "480x270"},
    }
    made = results_of(expand(HANDED_OVER, **asked), bench)
    assert len(made) == 9
    assert made["CreateVoice.1"].text.startswith("Про кота. ")
    assert bench.text(made["CreateSlidePrompt.1"]) == "Про кота"
    assert bench.plans[0].size_px == (480, 270)
    assert made["CreateVideoFromSlides.1"].language == "ru"


def test_pictures_without_a_voice_make_a_quiet_video_of_their_own_size(bench: FileBench) -> None:
    pictures = (bench.painted(shade=20), bench.painted(shade=90))
    made = VIDEO.work(order("video-service", inputs={"slide_ids": pictures}), bench)
    assert made.duration_s == 6.0
    assert bench.plans[0].size_px == (270, 480)
    assert bench.plans[0].cues == ()


def test_one_picture_of_odd_size_and_no_music_make_a_video(bench: FileBench) -> None:
    voice = SERVICES["voice-service"].work(order("voice-service", prompt="Cats purr."), bench)
    inputs = {"slide_ids": (bench.painted((301, 241)),), "voice_track_id": (voice,)}
    params = {"music": "none", "captions": "none"}
    VIDEO.work(order("video-service", inputs=inputs, params=params), bench)
    plan = bench.plans[0]
    assert (plan.size_px, plan.music, plan.cues) == ((300, 240), None, ())


def test_pictures_for_which_the_voice_has_no_time_are_left_out_and_counted(
    bench: FileBench,
) -> None:
    voice = SERVICES["voice-service"].work(order("voice-service", prompt="Cats purr."), bench)
    pictures: tuple[TaskResult, ...] = tuple(bench.painted(shade=n) for n in range(60))
    inputs = {"slide_ids": pictures, "voice_track_id": (voice,)}
    made = VIDEO.work(order("video-service", inputs=inputs), bench)
    shown = len(bench.plans[0].shots)
    assert made.degraded == f"The voice is too short for {60 - shown} of 60 pictures."
    assert made.duration_s is not None
    assert shown <= made.duration_s < 4
    assert all(shot.frames >= FPS for shot in bench.plans[0].shots)
