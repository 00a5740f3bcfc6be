"""How many jobs may wait to begin, and how many a user may make in a day."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Scheduled

from api.jobs import quotas
from api.jobs.gateway import PrefectGateway
from api.jobs.posting import TAG, user_tag
from api.memory import OwnMemory
from blocks.local_store import LocalStore
from reels.settings import LimitSettings
from tests.api.conftest import StageHand
from tests.api.limit_kit import app_of, client_from

BODY = {"idea": "Tea"}


@pytest.fixture
def user() -> str:
    """Somebody without jobs."""
    return f"u{uuid4().hex[:12]}"


@pytest.fixture(autouse=True)
async def _empty_queue(prefect: PrefectClient) -> None:
    """What other tests have left in the queue is taken out of it."""
    waiting = FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
    wanted = FlowRunFilter(state=FlowRunFilterState(type=waiting))
    # A page holds 200 of them.
    while runs := await prefect.read_flow_runs(flow_run_filter=wanted):
        for run in runs:
            await prefect.delete_flow_run(run.id)


@asynccontextmanager
async def _api(
    prefect_url: str, store: LocalStore, limits: LimitSettings, user: str
) -> AsyncIterator[httpx.AsyncClient]:
    async with PrefectGateway(prefect_url, limits=limits) as gateway:
        app = app_of(gateway, store, memory=OwnMemory())
        async with client_from(app) as api:
            api.headers["X-User-ID"] = user
            yield api


async def test_a_users_queue_is_bounded_on_every_route_that_makes_jobs(
    prefect_url: str, store: LocalStore, user: str
) -> None:
    async with _api(prefect_url, store, LimitSettings(queued_per_user=3), user) as api:
        for _ in range(3):
            assert (await api.post("/videos", json=BODY)).status_code == 202
        refused = [
            await api.post("/videos", json=BODY),
            await api.post("/api/v1/video/generate", json={"source_text": "Tea."}),
            await api.post(
                "/create-video",
                json={
                    "user_id": user,
                    "image_urls": ["https://media.example.org/1.jpg"],
                    "audio_url": "https://media.example.org/1.mp3",
                },
            ),
        ]
        other = await api.post("/videos", json=BODY, headers={"X-User-ID": f"{user}-2"})

    for answer in refused:
        assert answer.status_code == 429, answer.text
        assert answer.headers["Retry-After"] == "30"
        assert "3 of your videos wait" in answer.json()["detail"]
    assert other.status_code == 202


async def test_of_forty_posts_at_once_as_many_are_taken_as_may(
    prefect_url: str, store: LocalStore, user: str
) -> None:
    async with _api(prefect_url, store, LimitSettings(queued_per_user=5), user) as api:
        answers = await asyncio.gather(*(api.post("/videos", json=BODY) for _ in range(40)))

    assert Counter(answer.status_code for answer in answers) == {202: 5, 429: 35}


async def test_two_hundred_posts_of_a_user_at_once_are_taken_by_default_with_few_counts(
    prefect_url: str, store: LocalStore, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = 0
    asked = PrefectGateway._count

    async def count(self: PrefectGateway, runs: object) -> int:
        nonlocal counts
        counts += 1
        return await asked(self, runs)  # type: ignore[arg-type]

    monkeypatch.setattr(PrefectGateway, "_count", count)
    began = asyncio.get_running_loop().time()
    async with _api(prefect_url, store, LimitSettings(), user) as api:
        turns = asyncio.Semaphore(8)

        async def post() -> int:
            async with turns:
                return (await api.post("/videos", json=BODY)).status_code

        codes = await asyncio.gather(*(post() for _ in range(200)))
    took_s = asyncio.get_running_loop().time() - began

    assert Counter(codes) == {202: 200}
    assert 1 <= counts <= took_s / quotas.FRESH_S + 2


async def test_all_users_together_are_bounded(
    prefect_url: str, store: LocalStore, user: str
) -> None:
    async with _api(prefect_url, store, LimitSettings(queued_in_all=2), user) as api:
        codes = [
            (await api.post("/videos", json=BODY, headers={"X-User-ID": f"{user}-{n}"})).status_code
            for n in range(3)
        ]

    assert codes == [202, 202, 429]


async def test_what_has_begun_or_waits_for_a_person_is_not_in_the_queue(
    prefect_url: str,
    store: LocalStore,
    user: str,
    stage_hand: StageHand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quotas, "FRESH_S", 0.0)
    running, waiting = await stage_hand.new_job(user), await stage_hand.new_job(user)
    await stage_hand.run(running, "drafting")
    await stage_hand.run(waiting)
    await stage_hand.wait_in(waiting, "draft_review", suspended=True)

    async with _api(prefect_url, store, LimitSettings(queued_per_user=1), user) as api:
        assert (await api.post("/videos", json=BODY)).status_code == 202
        assert (await api.post("/videos", json=BODY)).status_code == 429


async def test_a_repeated_key_gets_its_first_answer_though_the_limit_is_reached(
    prefect_url: str, store: LocalStore, user: str
) -> None:
    limits = LimitSettings(queued_per_user=1, jobs_per_day=1)
    key = {"Idempotency-Key": uuid4().hex}
    async with _api(prefect_url, store, limits, user) as api:
        first = await api.post("/videos", json=BODY, headers=key)
        assert (await api.post("/videos", json=BODY)).status_code == 429
        again = await api.post("/videos", json=BODY, headers=key)
    async with _api(prefect_url, store, limits, user) as api:
        forgotten = await api.post("/videos", json=BODY, headers=key)
        another = await api.post("/videos", json={"idea": "Cocoa"}, headers=key)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in forgotten.headers
    assert {each.status_code for each in (first, again, forgotten)} == {202}
    assert len({each.json()["job_id"] for each in (first, again, forgotten)}) == 1
    assert another.status_code == 422


async def test_a_retry_needs_a_place_in_the_queue_and_does_not_count_for_the_day(
    prefect_url: str, store: LocalStore, user: str, stage_hand: StageHand
) -> None:
    failed, other = await stage_hand.new_job(user), await stage_hand.new_job(user)
    for job in (failed, other):
        await stage_hand.set(job, StateType.FAILED)

    limits = LimitSettings(queued_per_user=1, jobs_per_day=1)
    async with _api(prefect_url, store, limits, user) as api:
        first = await api.post(f"/videos/{failed}:retry")
        second = await api.post(f"/videos/{other}:retry")

    assert (first.status_code, second.status_code) == (202, 429)
    assert (await stage_hand.read(other, user))["status"] == "failed"


async def test_a_day_is_of_utc_and_yesterdays_jobs_do_not_count_though_retried_today(
    prefect_url: str, store: LocalStore, user: str, prefect: PrefectClient, stage_hand: StageHand
) -> None:
    old = await _job_of_yesterday(prefect, user)
    await stage_hand.set(old, StateType.FAILED)
    async with _api(prefect_url, store, LimitSettings(jobs_per_day=2), user) as api:
        assert (await api.post(f"/videos/{old}:retry")).status_code == 202
        codes = [(await api.post("/videos", json=BODY)).status_code for _ in range(2)]
        refused = await api.post("/videos", json=BODY)

    assert codes == [202, 202]
    assert refused.status_code == 429
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    left_s = (midnight - datetime.now(UTC)).total_seconds()
    assert int(refused.headers["Retry-After"]) == pytest.approx(left_s, abs=30)


async def _job_of_yesterday(prefect: PrefectClient, user: str) -> str:
    deployment = await prefect.read_deployment_by_name("make-video/default")
    run = await prefect.create_flow_run_from_deployment(
        deployment.id,
        state=Scheduled(scheduled_time=datetime.now(UTC) - timedelta(days=1)),
        tags=[user_tag(user), TAG],
    )
    assert isinstance(run.id, UUID)
    return str(run.id)


async def test_what_prefect_refuses_takes_no_place(
    prefect_url: str, store: LocalStore, user: str
) -> None:
    scene = {"narration": "я" * 1_000}
    too_large = {"storyboard": {"title": "T", "scenes": [scene] * 99}}
    async with _api(prefect_url, store, LimitSettings(queued_per_user=1), user) as api:
        assert (await api.post("/videos", json=too_large)).status_code in (413, 422)
        assert (await api.post("/videos", json=BODY)).status_code == 202
