"""What every service makes of orders that lack something or say it wrongly."""

from __future__ import annotations

import pytest

from reels.errors import InvalidInput
from reels.services import SERVICES
from reels.services.base import TaskResult
from tests.reels.services.kit import FileBench, order

ELSEWHERE = TaskResult(kind="other", address="s3://bucket/text.txt", provider="a worker")


def refused(bench: FileBench, service: str, **asked: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        SERVICES[service].work(order(service, **asked), bench)
    assert caught.value.remedy or caught.value.field.startswith("params.")
    return caught.value


@pytest.mark.parametrize("prompt", [None, "", " \n", "🎉🎉", "***"])
@pytest.mark.parametrize("service", SERVICES)
def test_an_order_without_words_or_pictures_is_refused(
    service: str, prompt: str | None, bench: FileBench
) -> None:
    assert refused(bench, service, prompt=prompt).field in {
        "prompt",
        "text_task_id",
        "slide_prompt_id",
        "slide_ids",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_result_that_lies_elsewhere_is_refused_by_its_field_and_address(
    service: str, bench: FileBench
) -> None:
    error = refused(bench, service, prompt="Cats purr.", inputs={"source_id": (ELSEWHERE,)})
    assert error.field == "source_id"
    assert "s3://bucket/text.txt" in error.message


def test_a_task_that_is_only_waited_for_may_leave_its_result_elsewhere(bench: FileBench) -> None:
    asked = order("text-service", prompt="Why cats purr", waited_for=(ELSEWHERE,))
    assert SERVICES["text-service"].work(asked, bench).kind == "text"


@pytest.mark.parametrize(
    ("service", "params"),
    [
        ("text-service", {"language": "not a language!"}),
        ("voice-service", {"language": "english please"}),
        ("image-service", {"language": "EN"}),
        ("voice-service", {"voice": 3}),
        ("image-service", {"style": ["flat"]}),
        ("image-service", {"resolution": 1080}),
        ("image-service", {"resolution": "abc"}),
        ("image-service", {"resolution": "9999x9999"}),
        ("image-service", {"resolution": "101x333"}),
        ("image-service", {"resolution": "0x0"}),
        ("image-service", {"captions": 1}),
        ("video-service", {"resolution": "abc"}),
        ("text-service", {"slides": "5"}),
        ("text-service", {"slides": True}),
        ("text-service", {"slides": 0}),
        ("text-service", {"slides": 61}),
    ],
)
def test_a_parameter_that_says_something_odd_is_named(
    service: str, params: dict[str, object], bench: FileBench
) -> None:
    error = refused(bench, service, prompt="Cats purr.", params=params)
    assert error.field == f"params.{next(iter(params))}"


@pytest.mark.parametrize("name", ["captions", "transition", "music"])
def test_a_video_is_asked_for_only_by_what_there_is(name: str, bench: FileBench) -> None:
    inputs = {"slide_ids": (bench.painted(),)}
    error = refused(bench, "video-service", inputs=inputs, params={name: "loud"})
    assert error.field == f"params.{name}"
    assert "none" in error.message


def test_a_language_that_no_voice_speaks_is_refused_by_the_voice(bench: FileBench) -> None:
    with pytest.raises(InvalidInput, match="does not speak 'xx'"):
        SERVICES["voice-service"].work(
            order("voice-service", prompt="Cats purr.", params={"language": "xx"}), bench
        )


def test_a_file_that_is_no_picture_is_refused(bench: FileBench) -> None:
    file = bench.folder / "text.png"
    file.write_text("no picture")
    fake = TaskResult(kind="picture", artifact=bench.keep(file))
    error = refused(bench, "video-service", inputs={"slide_ids": (bench.painted(), fake)})
    assert error.field == "slide_ids"
    assert "of no kind that is taken" in error.message


def test_a_text_too_large_to_be_one_is_refused(bench: FileBench) -> None:
    huge = bench.written("word " * 210_000)
    with pytest.raises(InvalidInput):
        SERVICES["voice-service"].work(order("voice-service", inputs={"t_id": (huge,)}), bench)
