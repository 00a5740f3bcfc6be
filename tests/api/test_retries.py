"""POST /videos/{id}:retry with a budget, for jobs that theirs has stopped."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.objects import StateType

from tests.api.conftest import StageHand

SLIDESHOW = {
    "user_id": "ann",
    "image_urls": ["https://media.example.org/1.jpg"],
    "audio_url": "https://media.example.org/1.mp3",
}


async def test_a_retry_with_a_budget_changes_nothing_else_of_what_was_asked(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.set(job, StateType.FAILED)
    before = (await stage_hand.prefect.read_flow_run(UUID(job))).parameters

    answer = await stage_hand.api.post(f"/videos/{job}:retry", json={"budget_usd": 2.5})

    assert answer.status_code == 202
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.parameters == {**before, "budget_usd": 2.5}
    assert run.state is not None
    assert run.state.name == "AwaitingRetry"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"budget_usd": null}'])
async def test_a_retry_without_a_budget_keeps_the_one_that_there_is(
    stage_hand: StageHand, body: bytes
) -> None:
    job = await stage_hand.new_job(budget_usd=0.5)
    await stage_hand.set(job, StateType.FAILED)
    headers = {"Content-Type": "application/json"}

    answer = await stage_hand.api.post(f"/videos/{job}:retry", content=body, headers=headers)

    assert answer.status_code == 202
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.parameters["budget_usd"] == 0.5


@pytest.mark.parametrize("body", [{"budget_usd": 0}, {"budget_usd": "1"}, {"budget": 1}, []])
async def test_a_budget_that_is_none_is_refused_and_the_job_stays_as_it_is(
    stage_hand: StageHand, body: Any
) -> None:
    job = await stage_hand.new_job(budget_usd=0.5)
    await stage_hand.set(job, StateType.FAILED)

    answer = await stage_hand.api.post(f"/videos/{job}:retry", json=body)

    assert answer.status_code == 422
    assert (await stage_hand.read(job))["status"] == "failed"
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.parameters["budget_usd"] == 0.5


async def test_a_job_that_runs_gets_no_other_budget(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job(budget_usd=0.5)
    await stage_hand.run(job, "drafting")

    answer = await stage_hand.api.post(f"/videos/{job}:retry", json={"budget_usd": 9})

    assert answer.status_code == 409
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.parameters["budget_usd"] == 0.5


async def test_a_slideshow_has_no_budget_and_is_retried_without_one(stage_hand: StageHand) -> None:
    headers = {"X-User-ID": "ann"}
    answer = await stage_hand.api.post("/create-video", json=SLIDESHOW, headers=headers)
    assert answer.status_code == 202, answer.text
    job = answer.json()["video_id"]
    await stage_hand.set(job, StateType.FAILED)
    retry = f"/videos/{job}:retry"

    refused = await stage_hand.api.post(retry, json={"budget_usd": 1}, headers=headers)

    assert refused.status_code == 422
    assert (await stage_hand.api.post(retry, headers=headers)).status_code == 202
