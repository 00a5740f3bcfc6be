"""Whole jobs with paid services: a real stack, the vendors' SDKs, and a fake cloud that counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.fake_cloud.state import Fault
from tests.flows.cloud_kit import (
    ELEVENLABS_KEY,
    ELEVENLABS_SLOTS,
    GEMINI_KEY,
    GEMINI_SLOTS,
    House,
    a_house,
    adds_up,
    paid,
)
from tests.flows.scenario_kit import Scenarios
from tests.reels.scenarios.kit import task, template

pytestmark = pytest.mark.slow

SPOKEN = 'prompt: "{{ description }}"'


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("stack")) as house:
        yield house


@pytest.fixture
def house(stack: House) -> Iterator[House]:
    """The stack, with a cloud that has no faults and has counted nothing."""
    stack.cloud.state.reset()
    yield stack
    stack.cloud.state.reset()


def test_a_manifest_adds_up_to_what_the_services_counted(house: House) -> None:
    manifest = house.ready("Why does an octopus have three hearts?")
    calls = house.cloud.state.calls
    assert manifest["storyboard_provider"] == "gemini"
    assert not manifest["offline"]
    assert {scene["visual_provider"] for scene in manifest["scenes"]} <= {"generated", "slide"}
    assert {scene["voice_provider"] for scene in manifest["scenes"]} == {"elevenlabs"}
    assert manifest["music_provider"] == "elevenlabs"
    assert manifest["degraded"] == []
    assert {call.operation for call in calls} >= {"storyboard", "picture", "speech", "music"}
    assert manifest["cost_usd"] > 0
    assert adds_up(manifest, calls)


def test_the_same_video_again_costs_nothing(house: House) -> None:
    first = house.ready("Why do cats purr?")
    house.cloud.state.reset()
    again = house.ready("Why do cats purr?")
    assert first["cost_usd"] > 0
    assert (again["cost_usd"], again["calls"], house.cloud.state.calls) == (0, 0, [])


def test_a_budget_stops_a_job_before_the_call_that_would_pass_it(house: House) -> None:
    """And with a higher one, what was made before is not paid for again."""
    job = house.make("Why is the sky blue?", budget_usd=0.03)
    message = house.videos.until(job, "failed")["error"]["message"]
    assert "higher budget_usd" in message
    manifest = house.ready("Why is the sky blue?", budget_usd=5)
    calls = house.cloud.state.calls
    assert [call.operation for call in calls].count("storyboard") == 1
    ledger = house.ledger_usd(job)
    assert 0 < ledger <= 0.03
    assert manifest["cost_usd"] + ledger == pytest.approx(paid(calls), abs=1e-6)


def test_a_job_that_its_budget_stopped_goes_on_with_a_higher_one_and_pays_nothing_twice(
    house: House,
) -> None:
    job = house.make("Why do cats land on their feet?", budget_usd=0.03)
    house.videos.until(job, "failed")
    before = len(house.cloud.state.calls)
    answer = house.videos.api.post(f"/videos/{job}:retry", json={"budget_usd": 5})
    assert answer.status_code == 202, answer.text
    house.videos.wait(lambda: house.videos.read(job)["status"] != "failed", "the retry")
    house.videos.until(job, "ready")
    manifest = house.videos.manifest(job)
    calls = house.cloud.state.calls
    assert 0 < before < len(calls)
    assert [call.operation for call in calls].count("storyboard") == 1
    assert manifest["budget_usd"] == 5
    assert adds_up(manifest, calls)
    made = [call.operation for call in calls if call.operation in ("picture", "speech")]
    assert len(made) <= 2 * len(manifest["scenes"])


def test_attempts_that_failed_are_in_the_manifest(house: House) -> None:
    unavailable = Fault(status=503, body={"error": {"code": 503, "status": "UNAVAILABLE"}})
    house.cloud.state.plan("gemini", [unavailable, unavailable])
    manifest = house.ready("Why do leaves fall?")
    assert manifest["storyboard_provider"] == "gemini"
    assert sum(cost["failed"] for cost in manifest["costs"]) == 2
    assert manifest["calls"] == len(house.cloud.state.calls)


def test_when_one_line_cannot_be_spoken_all_are_spoken_by_the_next_voice(house: House) -> None:
    used_up = {"detail": {"status": "quota_exceeded", "message": "No credits are left."}}
    fault = Fault(status=401, body=used_up, operation="speech")
    house.cloud.state.plan("elevenlabs", [fault])
    manifest = house.ready("Why does bread rise?")
    assert {scene["voice_provider"] for scene in manifest["scenes"]} == {"espeak"}
    (step,) = manifest["fallbacks"]
    assert (step["stage"], step["failed"], step["instead"]) == ("voice", "elevenlabs", "espeak")
    assert any("espeak instead of elevenlabs" in line for line in manifest["degraded"])


def test_a_sound_effect_is_made_once_paid_by_the_job_and_shared_by_all(house: House) -> None:
    manifest = house.ready("Why does paper crumple?", effects="whoosh")
    (made,) = house.cloud.state.counted("elevenlabs", "effect")
    assert made.model in {cost["model"] for cost in manifest["costs"]}
    assert manifest["effects_provider"] == "elevenlabs"
    assert "effect.wav" in manifest["artifacts"]
    assert adds_up(manifest, house.cloud.state.calls)
    house.cloud.state.reset()
    another = house.ready("Why does paper tear?", effects="whoosh")
    assert another["artifacts"]["effect.wav"] == {
        **manifest["artifacts"]["effect.wav"],
        "key": another["artifacts"]["effect.wav"]["key"],
    }
    assert house.cloud.state.counted("elevenlabs", "effect") == []


def test_a_sound_effect_that_cannot_be_made_is_the_shipped_one(house: House) -> None:
    fault = Fault(status=200, body="<html>Back soon</html>", operation="effect")
    house.cloud.state.plan("elevenlabs", [fault])
    manifest = house.ready("Why does wood creak?", effects="click")
    assert manifest["effects_provider"] == "shipped"
    (step,) = manifest["fallbacks"]
    assert (step["stage"], step["failed"], step["instead"]) == ("effect", "elevenlabs", "shipped")
    assert "effect.wav" not in manifest["artifacts"]
    assert any("shipped instead of elevenlabs" in line for line in manifest["degraded"])


def test_a_scenario_pays_each_call_once_though_others_are_refused_and_again_nothing(
    house: House,
) -> None:
    scenarios = Scenarios(house.videos)
    scenarios.put_template("Speak", template(task("A", SPOKEN, service="voice-service")))
    detail = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slower."}
    house.cloud.state.plan("elevenlabs", [Fault(status=429, body={"detail": detail}, every=2)])
    story = " ".join(f"Sentence {number} of this long story is as true." for number in range(50))
    run = scenarios.start("Speak", description=story)
    scenarios.until(run, "Completed")
    calls, manifest = house.cloud.state.counted("elevenlabs", "speech"), scenarios.manifest(run)
    result = manifest.tasks[0].result
    assert result is not None
    assert result.provider == "elevenlabs"
    assert any(call.status == 429 for call in calls)
    good = [call for call in calls if call.status == 200]
    # A voice takes 600 of the 2,150 characters at once.
    assert 4 <= len(good) <= 5
    assert manifest.cost_usd == pytest.approx(paid(calls), abs=1e-6)

    house.cloud.state.reset()
    again = scenarios.start("Speak", description=story)
    scenarios.until(again, "Completed")
    assert (house.cloud.state.calls, scenarios.manifest(again).cost_usd) == ([], 0)


def test_a_scenario_with_a_budget_fails_before_the_call_that_would_pass_it(house: House) -> None:
    scenarios = Scenarios(house.videos)
    scenarios.put_template("Speak", template(task("A", SPOKEN, service="voice-service")))
    run = scenarios.start("Speak", description="Cats sleep a lot.", budget_usd=0.0)
    state = scenarios.until(run, "Failed")["state"]
    assert "The budget of $0.00 does not do" in state["message"]
    assert house.cloud.state.calls == []


def test_a_storyboard_that_is_blocked_fails_the_job_with_the_reason(house: House) -> None:
    blocked = Fault(status=200, body={"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    house.cloud.state.plan("gemini", [blocked])
    assert "PROHIBITED_CONTENT" in house.failed("Why is this not allowed?")


def test_a_picture_that_is_blocked_becomes_a_placeholder(house: House) -> None:
    body = {"candidates": [{"finishReason": "IMAGE_SAFETY", "index": 0}]}
    house.cloud.state.plan("gemini", [Fault(status=200, body=body, operation="picture")])
    manifest = house.ready("Why do volcanoes erupt?", style="a style of its own")
    degraded = [scene["degraded"] for scene in manifest["scenes"] if scene["degraded"]]
    assert len(degraded) == 1
    assert manifest["storyboard_provider"] == "gemini"


def test_a_wrong_key_fails_the_job_at_once_and_names_the_setting(house: House) -> None:
    house.cloud.state.keys["gemini"] = "another"
    try:
        message = house.failed("Why do we dream?")
    finally:
        house.cloud.state.keys["gemini"] = GEMINI_KEY
    assert "VIDEO_SERVICE_GEMINI_API_KEY" in message
    assert len(house.cloud.state.calls) == 1


@pytest.mark.timeout(1500)
def test_twenty_jobs_at_once_under_rate_limits_all_end_ready_and_pay_once(house: House) -> None:
    """A third of all calls is refused with 429."""
    state = house.cloud.state
    detail = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slower."}
    too_fast = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slower."}}
    state.plan("gemini", [Fault(status=429, body=too_fast, every=3)])
    state.plan("elevenlabs", [Fault(status=429, body={"detail": detail}, every=3)])
    state.delays_s.update(gemini=0.3, elevenlabs=0.3)
    texts = [f"Number {number} is lucky.\n\nSo is its neighbour." for number in range(20)]
    # A style of its own keeps each video's pictures apart.
    jobs = [
        house.post(text=text, music="none", style=f"palette {number}")
        for number, text in enumerate(texts)
    ]
    for job in jobs:
        house.videos.wait(lambda job=job: house.videos._at(job, ("ready",)), "all ready", 1200)
    manifests = [house.videos.manifest(job) for job in jobs]
    calls = state.calls
    refused = [call for call in calls if call.status == 429]
    assert len(refused) >= len(calls) // 4
    for service, slots in (("gemini", GEMINI_SLOTS), ("elevenlabs", ELEVENLABS_SLOTS)):
        assert max(call.concurrent for call in state.counted(service)) <= slots
    assert all(manifest["fallbacks"] == [] for manifest in manifests)
    assert sum(manifest["calls"] for manifest in manifests) == len(calls)
    assert math.fsum(each["cost_usd"] for each in manifests) == pytest.approx(paid(calls), abs=1e-6)
    good = [call.operation for call in calls if call.status == 200]
    scenes = [scene for manifest in manifests for scene in manifest["scenes"]]
    assert good.count("storyboard") == len(jobs)
    assert good.count("speech") == len(scenes)
    frames = {each["artifacts"]["frames/01.png"]["sha256"] for each in manifests}
    assert good.count("picture") == len(frames)


def test_no_key_is_in_any_log_database_result_or_artifact(house: House) -> None:
    """The last of this file: it looks at what all jobs before it left behind."""
    echo = {"error": {"code": 500, "message": f"What do you want with {GEMINI_KEY}?"}}
    house.cloud.state.plan("gemini", [Fault(status=500, body=echo)])
    house.ready("Why do birds sing?")
    layout = house.videos.stack.layout
    assert list(layout.logs.glob("*.log"))
    for key in (GEMINI_KEY, ELEVENLABS_KEY):
        holders = [
            str(path)
            for path in sorted(Path(layout.data_dir).rglob("*"))
            if path.is_file() and key.encode() in path.read_bytes()
        ]
        assert holders == []
