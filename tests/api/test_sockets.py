"""WebSockets: the same events as texts, refusals before they are accepted, an end in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from prefect.states import Completed
from websockets.exceptions import ConnectionClosed, InvalidStatus

from blocks.local_store import LocalStore
from reels.settings import LiveSettings
from tests.api.conftest import StageHand
from tests.api.serving_kit import Served, next_of, serving, tell_progress, texts_of, until


@pytest.fixture
async def served(prefect_url: str, store: LocalStore) -> AsyncIterator[Served]:
    async with serving(prefect_url, store, hears=False) as served:
        yield served


async def test_a_socket_tells_every_change_and_is_closed_when_the_job_has_ended(
    stage_hand: StageHand, served: Served, prefect_url: str
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "assets")
    async with served.listening(f"/videos/{job}/ws") as listening:
        first = [await next_of(listening) for _ in range(2)]
        assert [each["data"]["status"] for each in first] == ["queued", "assets"]
        assert all(each["event"] == "status" and each["id"] for each in first)
        await tell_progress(prefect_url, job, 15, "assets")
        progress = await next_of(listening)
        assert (progress["id"], progress["event"]) == (None, "progress")
        assert progress["data"] == {"job_id": job, "status": "assets", "progress": 15}
        await stage_hand.set(job, Completed())
        assert [each["data"]["status"] for each in await texts_of(listening)] == ["ready"]
        assert listening.close_code == 1000
    path = f"/videos/{job}/ws?last_event_id={first[1]['id']}"
    async with served.listening(path) as again:
        assert [each["data"]["status"] for each in await texts_of(again)] == ["ready"]


async def test_who_may_not_see_a_job_is_refused_with_a_problem_before_it_is_accepted(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job(user="ann")
    for path in (f"/videos/{job}/ws", f"/videos/{uuid4()}/ws"):
        with pytest.raises(InvalidStatus) as refused:
            async with served.listening(path):
                pass
        response = refused.value.response
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
    with pytest.raises(InvalidStatus) as refused:
        async with served.listening("/ws", user="no such user!"):
            pass
    assert refused.value.response.status_code == 422


async def test_a_page_of_somebody_else_opens_no_socket(served: Served) -> None:
    opening = served.listening("/ws")
    opening.additional_headers = {"X-User-ID": "dev", "Origin": "https://evil.example"}
    with pytest.raises(InvalidStatus) as refused:
        async with opening:
            pass
    assert refused.value.response.status_code == 403


async def test_one_socket_tells_of_all_own_jobs(stage_hand: StageHand, served: Served) -> None:
    await until(lambda: served.live.hears_since is not None)
    user = f"u{uuid4().hex[:8]}"
    async with served.listening("/ws", user) as listening:
        jobs = [await stage_hand.new_job(user) for _ in range(3)]
        for job in jobs:
            await stage_hand.run(job, "drafting")
        drafting: set[str] = set()
        while drafting != set(jobs):
            told = await next_of(listening)
            if told["data"]["status"] == "drafting":
                drafting.add(told["data"]["job_id"])


async def test_what_a_client_says_is_dropped_and_too_much_of_it_ends_the_socket(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job()
    async with served.listening(f"/videos/{job}/ws") as listening:
        await next_of(listening)
        for word in ("hello", "{", "\0", "Привет"):
            await listening.send(word)
        await stage_hand.run(job, "drafting")
        assert (await next_of(listening))["data"]["status"] == "drafting"
        await listening.send("x" * 5_000)
        with pytest.raises(ConnectionClosed):
            await next_of(listening)
        assert listening.close_code == 1009
    await until(lambda: served.app.state.services.places.taken == 0)


async def test_sockets_have_as_many_places_as_streams(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    few = LiveSettings(listeners_per_user=1)
    async with serving(prefect_url, store, listeners=few, hears=False) as served:
        async with served.listening("/ws"):
            with pytest.raises(InvalidStatus) as refused:
                async with served.listening("/ws"):
                    pass
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "10"


async def test_a_socket_says_that_the_service_is_restarted(served: Served) -> None:
    async with served.listening("/ws") as listening:
        await until(lambda: served.app.state.services.places.taken == 1)
        served.server.should_exit = True
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(texts_of(listening), 3)
        assert listening.close_code == 1012
