"""GET /videos/{id}/events: who watches a job hears of every change, once and in order."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from prefect.states import Completed

from api.app import create_app
from api.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.settings import ApiSettings, FlowSettings, StoreSettings
from tests.api.conftest import PUBLIC_URL, StageHand

DEV = {"X-User-ID": "dev"}


class Counting(PrefectGateway):
    """Knows how often a history was read."""

    reads = 0

    async def past(self, *args: Any) -> Any:
        self.reads += 1
        return await super().past(*args)


@pytest.fixture
async def watched(prefect_url: str, store: LocalStore) -> AsyncIterator[tuple[str, Counting]]:
    """The API on a socket: a transport in this process would wait for a whole answer."""
    gateway = Counting(prefect_url)
    app = create_app(
        gateway=gateway,
        store=store,
        settings=ApiSettings(public_url=PUBLIC_URL),
        flow_settings=FlowSettings(),
        store_settings=StoreSettings(),
    )
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", gateway
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def following(url: str, job: str, **headers: str) -> AsyncIterator[httpx.Response]:
    async with (
        httpx.AsyncClient(base_url=url, headers={**DEV, **headers}, timeout=30) as client,
        client.stream("GET", f"/videos/{job}/events") as answer,
    ):
        yield answer


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """Each event's id and the status that it tells."""
    told: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            told[name] = value
        elif told.get("event") == "status":
            yield told["id"], json.loads(told["data"])["status"]
            told = {}


async def all_of(url: str, job: str, **headers: str) -> list[tuple[str, str]]:
    async with following(url, job, **headers) as answer:
        assert answer.status_code == 200
        return [event async for event in events(answer)]


async def test_every_change_is_told_as_it_comes_until_the_job_has_ended(
    stage_hand: StageHand, watched: tuple[str, Counting]
) -> None:
    url, _ = watched
    job = await stage_hand.new_job()
    told: list[str] = []
    async with following(url, job) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for _, status in events(answer):
            told.append(status)
            if status == "queued":
                await stage_hand.run(job, "drafting")
            elif status == "drafting":
                await stage_hand.enter(job, "assets")
            elif status == "assets":
                await stage_hand.set(job, Completed())
    assert told == ["queued", "drafting", "assets", "ready"]


async def test_who_comes_back_hears_what_was_missed_and_nothing_twice(
    stage_hand: StageHand, watched: tuple[str, Counting]
) -> None:
    url, _ = watched
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "assets")
    await stage_hand.set(job, Completed())
    whole = await all_of(url, job)
    assert [status for _, status in whole] == ["queued", "drafting", "assets", "ready"]
    assert len({id_ for id_, _ in whole}) == 4
    rest = await all_of(url, job, **{"Last-Event-ID": whole[1][0]})
    assert rest == whole[2:]
    assert await all_of(url, job, **{"Last-Event-ID": "another's"}) == whole
    async with following(url, job, **{"Last-Event-ID": whole[-1][0]}) as answer:
        assert answer.status_code == 204


async def test_many_who_watch_one_job_cost_one_reading(
    stage_hand: StageHand, watched: tuple[str, Counting]
) -> None:
    url, gateway = watched
    job = await stage_hand.new_job()
    watching = [asyncio.create_task(all_of(url, job)) for _ in range(40)]
    while gateway.reads < 1:
        await asyncio.sleep(0.05)
    before = gateway.reads
    await stage_hand.run(job, "drafting", "assets")
    await stage_hand.set(job, Completed())
    found = await asyncio.gather(*watching)
    expected = ["queued", "drafting", "assets", "ready"]
    assert all([status for _, status in each] == expected for each in found)
    assert gateway.reads - before < 30


async def test_only_its_user_watches_a_job(
    stage_hand: StageHand, watched: tuple[str, Counting]
) -> None:
    url, _ = watched
    job = await stage_hand.new_job(user="ann")
    for each in (job, str(uuid4())):
        async with following(url, each) as answer:
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


async def test_who_would_rather_wait_is_answered_at_the_next_change(
    stage_hand: StageHand, watched: tuple[str, Counting]
) -> None:
    url, gateway = watched
    job = await stage_hand.new_job()
    async with httpx.AsyncClient(base_url=url, headers=DEV, timeout=30) as client:
        asked = asyncio.create_task(
            client.get(f"/videos/{job}", headers={"Prefer": "respond-async, wait=20"})
        )
        while not gateway.reads:
            await asyncio.sleep(0.02)
        await stage_hand.run(job, "drafting")
        answer = await asked
        assert answer.json()["status"] == "drafting"
        assert answer.headers["Preference-Applied"] == "wait=20"
        await stage_hand.set(job, Completed())
        ended = await client.get(f"/videos/{job}", headers={"Prefer": "wait=20"})
        assert ended.json()["status"] == "ready"


async def test_a_wait_without_a_change_ends_by_itself(
    stage_hand: StageHand, watched: tuple[str, Counting]
) -> None:
    url, _ = watched
    job = await stage_hand.new_job()
    async with httpx.AsyncClient(base_url=url, headers=DEV, timeout=30) as client:
        answer = await client.get(f"/videos/{job}", headers={"Prefer": "wait=1"})
        assert answer.json()["status"] == "queued"
        other = await client.get(f"/videos/{uuid4()}", headers={"Prefer": "wait=1"})
        assert other.status_code == 404
