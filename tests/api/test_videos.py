"""POST /videos, GET /videos, GET /videos/{id}."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelled, Crashed, Failed

from api.jobs.stopping import stop
from tests.api.conftest import PUBLIC_URL, StageHand


async def test_an_idea_is_accepted_and_becomes_a_flow_run_of_its_user(
    api: httpx.AsyncClient, prefect: PrefectClient
) -> None:
    answer = await api.post(
        "/videos", json={"idea": "**Tea**\nand coffee"}, headers={"X-User-ID": "ann"}
    )

    job = answer.json()["job_id"]
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    assert answer.headers["Location"] == f"{PUBLIC_URL}/videos/{job}"
    assert answer.json()["links"] == {
        "self": f"{PUBLIC_URL}/videos/{job}",
        "events": f"{PUBLIC_URL}/videos/{job}/events",
        "approve_draft": f"{PUBLIC_URL}/videos/{job}/draft:approve",
        "approve_subtitles": f"{PUBLIC_URL}/videos/{job}/subtitles:approve",
        "cancel": f"{PUBLIC_URL}/videos/{job}:cancel",
        "retry": f"{PUBLIC_URL}/videos/{job}:retry",
    }
    run = await prefect.read_flow_run(UUID(job))
    assert run.name == "Tea and coffee"
    assert {"user:ann", "reelwright"} <= set(run.tags)
    assert run.parameters == {
        "idea": "**Tea**\nand coffee",
        "language": "en",
        "user_id": "ann",
    }


async def test_a_missing_language_is_the_default_one_and_a_storyboard_takes_the_requests(
    stage_hand: StageHand,
) -> None:
    drawn = {"title": "Tea", "scenes": [{"narration": "Tea."}]}

    by_default = await stage_hand.new_job()
    asked = await stage_hand.new_job(idea=None, storyboard=drawn, language="ru")
    drawn_in = await stage_hand.new_job(idea=None, storyboard={**drawn, "language": "fr"})

    async def parameters(job: str) -> dict[str, object]:
        return (await stage_hand.prefect.read_flow_run(UUID(job))).parameters

    assert (await parameters(by_default))["language"] == "de"
    assert (await parameters(asked))["storyboard"]["language"] == "ru"  # type: ignore[index]
    assert (await parameters(drawn_in))["language"] == "fr"


async def test_the_same_idempotency_key_gives_the_same_job_to_its_user_only(
    api: httpx.AsyncClient,
) -> None:
    key = str(uuid4())

    async def post(user: str) -> str:
        headers = {"Idempotency-Key": key, "X-User-ID": user}
        answer = await api.post("/videos", json={"idea": "Tea"}, headers=headers)
        assert answer.status_code == 202
        return str(answer.json()["job_id"])

    first = await post("ann")

    assert await post("ann") == first
    assert await post("bob") != first


async def test_an_idempotency_key_with_another_body_is_refused(api: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    await api.post("/videos", json={"idea": "Tea"}, headers=headers)

    answer = await api.post("/videos", json={"idea": "Coffee"}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_job_goes_through_its_stages_and_never_back_to_queued(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    seen = [(await stage_hand.read(job))["status"]]

    async def look() -> None:
        seen.append((await stage_hand.read(job))["status"])

    await stage_hand.run(job)
    await look()
    await stage_hand.enter(job, "drafting")
    await look()
    await stage_hand.wait_in(job, "draft_review", suspended=True)
    await look()
    await stage_hand.api.post(f"/videos/{job}/draft:approve")
    await look()
    await stage_hand.run(job)
    await look()
    await stage_hand.enter(job, "assets")
    await look()
    await stage_hand.set(job, StateType.COMPLETED)
    await look()

    assert seen == [
        "queued",
        "queued",
        "drafting",
        "draft_review",
        "draft_review",
        "draft_review",
        "assets",
        "ready",
    ]
    done = await stage_hand.read(job)
    assert done["progress"] == 100
    assert [stage["name"] for stage in done["stages"]] == ["drafting", "draft_review", "assets"]
    for stage, later in zip(done["stages"], done["stages"][1:], strict=False):
        assert stage["started_at"] < stage["ended_at"] == later["started_at"]
    assert done["stages"][-1]["ended_at"] is not None
    assert done["error"] is None


async def test_a_failure_names_its_stage_and_its_cause_without_prefects_words(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "assets", "audio")
    message = "Flow run encountered an exception: ProviderError: The voice is gone. Retry later."
    await stage_hand.set(job, Failed(message=message))

    failed = await stage_hand.read(job)

    assert failed["status"] == "failed"
    assert failed["progress"] == 25
    assert failed["error"] == {"stage": "audio", "message": "The voice is gone. Retry later."}
    assert failed["stages"][-1]["ended_at"] is not None


async def test_a_crash_says_that_the_process_was_ended_and_how_to_resume(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.set(job, Crashed(message="exit code -9"))

    crashed = await stage_hand.read(job)

    assert crashed["status"] == "failed"
    assert "process" in crashed["error"]["message"]
    assert ":retry" in crashed["error"]["message"]


async def test_a_cancelled_job_says_why(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "draft_review")
    await stage_hand.set(job, Cancelled(message="The draft was rejected. Not our topic."))

    cancelled = await stage_hand.read(job)

    assert cancelled["status"] == "cancelled"
    assert cancelled["error"]["message"] == "The draft was rejected. Not our topic."


async def test_artifacts_are_links_by_name_and_frames_are_in_order(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    names = ["frames/02.png", "frames/01.png", "subtitles.srt", "subtitles.json", "final.mp4"]
    for name in [*names, "voiceover.m4a", "approvals/draft-1.json", "request.json"]:
        stage_hand.put(job, name, b"x")
    storyboard = b'{"title": "All about tea", "scenes": [{"narration": "Tea."}]}'
    stage_hand.put(job, "storyboard.json", storyboard)

    read = await stage_hand.read(job)

    found = read["artifacts"]
    assert set(found) == {"storyboard", "frames", "subtitles", "voiceover", "final"}
    assert [link.partition("?")[0][-6:] for link in found["frames"]] == ["01.png", "02.png"]
    assert set(found["subtitles"]) == {"srt", "json"}
    assert read["title"] == "All about tea"
    fetched = await stage_hand.api.get(found["storyboard"])
    assert fetched.content == storyboard


async def test_another_users_job_is_not_there_on_any_route(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job(user="ann")
    await stage_hand.run(job, "drafting")
    await stage_hand.wait_in(job, "draft_review")
    headers = {"X-User-ID": f"not-ann-{job}"}

    answers = [
        await stage_hand.api.get(f"/videos/{job}", headers=headers),
        await stage_hand.api.post(f"/videos/{job}/draft:approve", headers=headers),
        await stage_hand.api.post(f"/videos/{job}/subtitles:approve", headers=headers),
        await stage_hand.api.post(f"/videos/{job}:cancel", headers=headers),
        await stage_hand.api.post(f"/videos/{job}:retry", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await stage_hand.api.get("/videos", headers=headers)).json()["videos"] == []
    assert (await stage_hand.read(job, user="ann"))["status"] == "draft_review"


async def test_a_run_of_another_flow_is_no_video_even_with_the_users_tag(
    stage_hand: StageHand,
) -> None:
    flow_id = await stage_hand.prefect.create_flow_from_name("render-video")
    deployment = await stage_hand.prefect.create_deployment(flow_id, name="default")
    run = await stage_hand.prefect.create_flow_run_from_deployment(
        deployment, tags=["user:kim", "reelwright"]
    )

    answer = await stage_hand.api.get(f"/videos/{run.id}", headers={"X-User-ID": "kim"})
    listed = await stage_hand.api.get("/videos", headers={"X-User-ID": "kim"})

    assert answer.status_code == 404
    assert listed.json()["videos"] == []


@pytest.mark.parametrize("given", ["abc", "abc:approve", "1", "019a2b3c-0000-7000-8000-0000000000"])
async def test_an_id_that_is_none_is_not_there(api: httpx.AsyncClient, given: str) -> None:
    answer = await api.get(f"/videos/{given}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_id_is_not_there(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/videos/{uuid4()}")).status_code == 404


async def test_a_failed_job_that_is_retried_shows_its_last_stage(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "assets")
    await stage_hand.set(job, StateType.FAILED)

    answer = await stage_hand.api.post(f"/videos/{job}:retry")

    assert answer.status_code == 202
    assert answer.json()["status"] == "assets"
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.state is not None
    assert (run.state.type, run.state.name) == (StateType.SCHEDULED, "AwaitingRetry")
    assert (await stage_hand.api.post(f"/videos/{job}:retry")).status_code == 409


@pytest.mark.parametrize("gate", ["draft", "subtitles"])
async def test_a_job_that_a_person_rejected_cannot_be_retried(
    stage_hand: StageHand, gate: str
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    verb = "was" if gate == "draft" else "were"
    await stage_hand.set(job, Cancelled(message=f"The {gate} {verb} rejected. Not our topic."))

    answer = await stage_hand.api.post(f"/videos/{job}:retry")

    assert answer.status_code == 409
    assert "Not our topic." in answer.json()["detail"]
    assert "new video" in answer.json()["remedy"]
    assert (await stage_hand.read(job))["status"] == "cancelled"


async def test_a_job_that_was_cancelled_can_be_retried(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.api.post(f"/videos/{job}:cancel")

    assert (await stage_hand.api.post(f"/videos/{job}:retry")).status_code == 202


async def test_of_many_retries_at_once_one_counts(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.set(job, StateType.FAILED)

    answers = await asyncio.gather(*(stage_hand.api.post(f"/videos/{job}:retry") for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 5


@pytest.mark.parametrize("state", [StateType.RUNNING, StateType.COMPLETED])
async def test_a_job_that_runs_or_is_ready_cannot_be_retried(
    stage_hand: StageHand, state: StateType
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.set(job, state)

    assert (await stage_hand.api.post(f"/videos/{job}:retry")).status_code == 409


async def test_a_queued_job_is_cancelled_at_once_and_then_no_more(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()

    first = await stage_hand.api.post(f"/videos/{job}:cancel")
    second = await stage_hand.api.post(f"/videos/{job}:cancel")

    assert (first.status_code, first.json()["status"]) == (202, "cancelled")
    assert second.status_code == 409
    assert "cancelled" in second.json()["detail"]


async def test_a_suspended_job_is_cancelled_at_once(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.wait_in(job, "draft_review", suspended=True)

    answer = await stage_hand.api.post(f"/videos/{job}:cancel")

    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")


async def test_a_running_job_is_cancelling_and_may_be_cancelled_twice(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "audio")

    answers = [await stage_hand.api.post(f"/videos/{job}:cancel") for _ in range(2)]

    assert [(a.status_code, a.json()["status"]) for a in answers] == [(202, "cancelling")] * 2


async def test_a_job_that_waits_for_its_retry_is_cancelled_at_once(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.prefect.update_flow_run(UUID(job), infrastructure_pid="gone.test:4711")
    await stage_hand.set(job, StateType.FAILED)
    await stage_hand.api.post(f"/videos/{job}:retry")

    answer = await stage_hand.api.post(f"/videos/{job}:cancel")

    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    assert (await stage_hand.read(job))["error"]["message"] == "Cancelled over the API."


@pytest.mark.parametrize("reached", [StateType.PENDING, StateType.RUNNING])
async def test_a_job_that_a_worker_takes_while_it_is_cancelled_has_its_process_ended(
    stage_hand: StageHand, reached: StateType
) -> None:
    job = UUID(await stage_hand.new_job())
    await stage_hand.set(str(job), StateType.PENDING)
    if reached == StateType.RUNNING:
        await stage_hand.set(str(job), StateType.RUNNING)

    await stop(stage_hand.prefect, job, seen=StateType.SCHEDULED)

    run = await stage_hand.prefect.read_flow_run(job)
    assert run.state is not None
    assert run.state.type == StateType.CANCELLING
