"""Several at once: of what excludes each other, one takes effect, over real connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from prefect.client.schemas.objects import StateType

from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from tests.api.conftest import StageHand
from tests.api.limit_kit import app_of, served

KEY = "Idempotency-Key"
AT_ONCE = 50
ROUNDS = 100


@pytest.fixture
async def real_api(prefect_url: str, store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    """Fifty connections to a real server."""
    app = app_of(PrefectGateway(prefect_url), store)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as api,
    ):
        yield api


async def _waiting(stage_hand: StageHand, *, suspended: bool = False) -> str:
    job = await stage_hand.new_job()
    await stage_hand.run(job)
    await stage_hand.wait_in(job, "draft_review", suspended=suspended)
    return job


@pytest.mark.parametrize("suspended", [False, True])
async def test_of_fifty_approvals_at_once_one_is_accepted_and_the_others_conflict(
    stage_hand: StageHand, real_api: httpx.AsyncClient, suspended: bool
) -> None:
    job = await _waiting(stage_hand, suspended=suspended)

    answers = await asyncio.gather(
        *(real_api.post(f"/videos/{job}/draft:approve") for _ in range(AT_ONCE))
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: AT_ONCE - 1}
    assert (await stage_hand.answer_of(job))["action"] == "approve"


async def test_an_approval_is_answered_again_as_it_was_and_taken_once(
    stage_hand: StageHand, real_api: httpx.AsyncClient
) -> None:
    job = await _waiting(stage_hand)

    async def approve() -> httpx.Response:
        return await real_api.post(f"/videos/{job}/draft:approve", headers={KEY: "k"})

    first, again = await approve(), await approve()

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await stage_hand.answer_of(job))["action"] == "approve"


async def test_of_an_approval_and_a_cancellation_at_once_one_takes_effect(
    stage_hand: StageHand, real_api: httpx.AsyncClient
) -> None:
    turns = asyncio.Semaphore(8)

    async def race(number: int) -> None:
        async with turns:
            job = await _waiting(stage_hand, suspended=bool(number % 2))
            await _approve_and_cancel(stage_hand, real_api, job)

    await asyncio.gather(*(race(number) for number in range(ROUNDS)))


async def _approve_and_cancel(stage_hand: StageHand, real_api: httpx.AsyncClient, job: str) -> None:
    approval, cancellation = await asyncio.gather(
        real_api.post(f"/videos/{job}/draft:approve"), real_api.post(f"/videos/{job}:cancel")
    )
    codes = (approval.status_code, cancellation.status_code)
    assert codes in {(200, 409), (409, 202)}, (approval.text, cancellation.text)
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.state is not None
    was_cancelled = run.state.type in (StateType.CANCELLING, StateType.CANCELLED)
    assert was_cancelled == (cancellation.status_code == 202)
    inputs = await stage_hand.prefect.filter_flow_run_input(
        UUID(job), key_prefix="", limit=9, exclude_keys=set()
    )
    was_answered = any(each.key.endswith("-response") for each in inputs)
    assert was_answered == (approval.status_code == 200)


@pytest.mark.parametrize("first", ["draft:approve", "cancel"])
async def test_whoever_saw_the_review_waiting_and_comes_second_conflicts(
    stage_hand: StageHand, gateway: PrefectGateway, first: str
) -> None:
    job = await _waiting(stage_hand)
    paths = {"draft:approve": f"/videos/{job}/draft:approve", "cancel": f"/videos/{job}:cancel"}
    second = next(name for name in paths if name != first)
    posts = []

    async with gateway._turns.of(UUID(job)):
        turn = gateway._turns._locks[UUID(job)]
        for name in (first, second):
            posts.append(asyncio.create_task(stage_hand.api.post(paths[name])))
            while len(turn._waiters or ()) < len(posts):
                await asyncio.sleep(0.01)
    won, lost = [await post for post in posts]

    assert won.status_code == {"draft:approve": 200, "cancel": 202}[first]
    assert lost.status_code == 409
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.state is not None
    was_cancelled = run.state.type in (StateType.CANCELLING, StateType.CANCELLED)
    assert was_cancelled == (first == "cancel")
