"""A text is spoken whole, in its order, and each word has its time."""

from __future__ import annotations

import wave

import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.services import SERVICES
from reels.services.base import TaskResult
from tests.reels.services.kit import FileBench, order
from tests.reels.sound import assert_covers

VOICE = SERVICES["voice-service"]


def spoken(bench: FileBench, text: str) -> TaskResult:
    return VOICE.work(
        order("voice-service", inputs={"text_task_id": (bench.written(text),)}), bench
    )


def test_every_word_of_every_paragraph_has_its_time(bench: FileBench) -> None:
    result = spoken(bench, "# Cats\n\nThe cat **purrs**.\n\nIt sleeps, and then it wakes up.")
    assert result.text == "The cat purrs.\n\nIt sleeps, and then it wakes up."
    assert result.duration_s is not None
    assert result.words is not None
    assert_covers(result.words, result.text, result.duration_s)


def test_the_sound_lasts_as_long_as_it_says(bench: FileBench) -> None:
    result = spoken(bench, "The cat purrs.\n\nIt sleeps.")
    assert result.artifact is not None
    with wave.open(str(bench.fetch(result.artifact))) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(result.duration_s)


def test_between_paragraphs_there_is_a_breath(bench: FileBench) -> None:
    words = spoken(bench, "The cat purrs.\n\nIt sleeps.").words
    assert words is not None
    assert words[3].start_s - words[2].end_s > 0.3


def test_a_prompt_is_spoken_where_no_text_is_given(bench: FileBench) -> None:
    result = VOICE.work(order("voice-service", prompt="Коты мурлычут, когда им хорошо."), bench)
    assert (result.language, result.provider) == ("ru", "espeak")


def test_a_text_without_spaces_between_words_is_spoken(bench: FileBench) -> None:
    result = VOICE.work(order("voice-service", prompt="猫为什么会打呼噜。因为它们很开心。"), bench)
    assert result.language == "zh"
    assert result.duration_s is not None
    assert result.duration_s > 2


def test_a_voice_that_fails_is_replaced_and_the_result_says_so(
    bench: FileBench, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_TTS_PROVIDER", "elevenlabs,espeak")
    cloud.state.plan("elevenlabs", [Fault(status=503)])
    result = spoken(bench, "The cat purrs.")
    assert result.provider == "espeak"
    assert "elevenlabs" in result.degraded
