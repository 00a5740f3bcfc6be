"""POST /api/v1/video/generate and GET /api/v1/video/status/{job_id}."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.states import Completed, Failed

from reels.artifacts import job_prefix
from reels.models import Scene, Storyboard, Visual
from tests.api.conftest import StageHand

ASKED = {"source_text": "Wie funktioniert ein Motor? Er verbrennt Kraftstoff."}
DRAFT = Storyboard(
    title="Motor",
    language="de",
    scenes=(
        Scene(narration="Ein Motor."),
        Scene(narration="Sein Code.", visual=Visual(kind="code", spec={"code": "x"})),
    ),
)


async def generated(stage_hand: StageHand) -> str:
    answer = await stage_hand.api.post("/api/v1/video/generate", json=ASKED)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


async def status_of(stage_hand: StageHand, job: str) -> Any:
    answer = await stage_hand.api.get(f"/api/v1/video/status/{job}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_text_becomes_a_job_that_asks_nobody_in_the_texts_own_language(
    stage_hand: StageHand, prefect: PrefectClient
) -> None:
    answer = await stage_hand.api.post("/api/v1/video/generate", json=ASKED)
    job = answer.json()["job_id"]
    assert answer.json() == {"job_id": job, "status": "pending"}
    run = await prefect.read_flow_run(UUID(job))
    assert run.parameters["text"] == ASKED["source_text"]
    assert run.parameters["auto_approve"] is True
    assert run.parameters["language"] == "de"
    assert await status_of(stage_hand, job) == {
        "job_id": job,
        "status": "pending",
        "progress": 0,
        "scenes": [],
        "video_url": None,
        "error": None,
    }


async def test_the_same_key_gives_the_same_job_and_is_this_routes_own(
    stage_hand: StageHand,
) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    jobs = [
        (await stage_hand.api.post("/api/v1/video/generate", json=ASKED, headers=headers)).json()
        for _ in range(2)
    ]
    assert jobs[0] == jobs[1]
    other = await stage_hand.api.post("/videos", json={"idea": "Tea"}, headers=headers)
    assert other.status_code == 202
    assert other.json()["job_id"] != jobs[0]["job_id"]


async def test_each_scene_tells_how_far_its_sound_and_its_picture_are(
    stage_hand: StageHand,
) -> None:
    job = await generated(stage_hand)
    await stage_hand.run(job, "drafting", "assets")
    prefix = job_prefix("dev", job)
    stage_hand.store.put(f"{prefix}/storyboard.json", DRAFT.model_dump_json().encode())
    stage_hand.store.put(f"{prefix}/lines/01.json", b"{}")
    stage_hand.store.put(f"{prefix}/frames/01.png", b"png")
    told = await status_of(stage_hand, job)
    assert told["status"] == "processing"
    states = [(s["kind"], s["audio"], s["visual"], s["reason"]) for s in told["scenes"]]
    assert states == [("slide", "ready", "ready", None), ("code", "pending", "pending", None)]

    settled = {"visuals": [{"degraded": None}, {"degraded": "It has no end."}]}
    stage_hand.store.put(f"{prefix}/chosen/visuals.json", json.dumps(settled).encode())
    second = (await status_of(stage_hand, job))["scenes"][1]
    assert (second["visual"], second["reason"]) == ("placeholder", "It has no end.")


async def test_what_was_not_made_when_a_job_fails_has_failed(stage_hand: StageHand) -> None:
    job = await generated(stage_hand)
    await stage_hand.run(job, "drafting", "assets")
    key = f"{job_prefix('dev', job)}/storyboard.json"
    stage_hand.store.put(key, DRAFT.model_dump_json().encode())
    await stage_hand.set(job, Failed(message="The disk is full."))
    told = await status_of(stage_hand, job)
    assert told["status"] == "failed"
    assert "The disk is full." in told["error"]
    assert {(s["audio"], s["visual"]) for s in told["scenes"]} == {("failed", "failed")}


async def test_a_finished_job_has_its_link(stage_hand: StageHand) -> None:
    job = await generated(stage_hand)
    await stage_hand.run(job, "drafting", "rendering")
    prefix = job_prefix("dev", job)
    stage_hand.store.put(f"{prefix}/final.mp4", b"mp4")
    stage_hand.store.put(f"{prefix}/manifest.json", b"{}")
    assert (await status_of(stage_hand, job))["video_url"] is None
    await stage_hand.set(job, Completed())
    told = await status_of(stage_hand, job)
    assert told["status"] == "completed"
    assert httpx.URL(told["video_url"]).path.endswith("final.mp4")


@pytest.mark.parametrize(
    "body", [{}, {"source_text": ""}, {"source_text": 5}, {"source_text": "a", "voice": "f2"}, []]
)
async def test_a_body_that_is_not_one_text_is_refused(
    offline_api: httpx.AsyncClient, body: Any
) -> None:
    answer = await offline_api.post("/api/v1/video/generate", json=body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_another_users_job_is_not_found(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job(user="ann")
    for each in (job, str(uuid4())):
        answer = await stage_hand.api.get(f"/api/v1/video/status/{each}")
        assert answer.status_code == 404
