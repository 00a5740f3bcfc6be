"""Texts are written in the language of what they belong to."""

from __future__ import annotations

import pytest

from deployments.fake_cloud.running import Cloud
from reels.services import SERVICES
from reels.services.base import TaskResult
from reels.writers.parts import GAP
from tests.reels.cloud.gemini_kit import error
from tests.reels.services.kit import FileBench, order

TEXT = SERVICES["text-service"]


def made(bench: FileBench, prompt: str, **asked: object) -> TaskResult:
    return TEXT.work(order("text-service", prompt=prompt, **asked), bench)


def test_a_text_has_a_paragraph_for_each_slide_that_the_template_tells(bench: FileBench) -> None:
    result = made(bench, "Why cats purr", params={"slides": 7})
    assert len(bench.text(result).split(GAP)) == 7
    assert (result.kind, result.provider, result.language) == ("text", "outline", "en")


def test_the_language_is_the_prompts_own(bench: FileBench) -> None:
    assert made(bench, "Почему осенью желтеют листья").language == "ru"


def test_a_heading_is_in_the_language_of_its_text_and_not_of_its_prompt(bench: FileBench) -> None:
    text = made(bench, "Почему осенью желтеют листья")
    heading = made(bench, "A heading for this slide, please", inputs={"text_task_id": (text,)})
    assert heading.language == "ru"
    assert bench.text(heading) == "Почему осенью желтеют листья"


def test_the_language_that_the_template_names_goes_before_all(bench: FileBench) -> None:
    assert made(bench, "Why cats purr", params={"language": "de"}).language == "de"


def test_a_text_that_gemini_could_not_write_says_so(
    bench: FileBench, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_STORYBOARD_PROVIDER", "gemini,outline")
    cloud.state.plan("gemini", [error(503, "UNAVAILABLE")])
    result = made(bench, "Why cats purr")
    assert result.provider == "outline"
    assert "gemini" in result.degraded
