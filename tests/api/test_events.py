"""Server-sent events: who watches a job hears of every change, once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.states import Completed

from blocks.local_store import LocalStore
from reels.settings import LiveSettings
from tests.api.conftest import StageHand
from tests.api.serving_kit import Served, events_of, serving, tell_progress, until


@pytest.fixture
async def served(prefect_url: str, store: LocalStore) -> AsyncIterator[Served]:
    async with serving(prefect_url, store, hears=False) as served:
        yield served


@asynccontextmanager
async def following(
    served: Served, path: str, user: str = "dev", **headers: str
) -> AsyncIterator[httpx.Response]:
    async with served.client(user, **headers) as client, client.stream("GET", path) as answer:
        yield answer


async def all_of(served: Served, job: str, **headers: str) -> list[tuple[str, str]]:
    """Each change's id and status, until the job has ended."""
    async with following(served, f"/videos/{job}/events", **headers) as answer:
        assert answer.status_code == 200
        return [(event["id"], event["data"]["status"]) async for event in events_of(answer)]


async def test_every_change_is_told_as_it_comes_until_the_job_has_ended(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job()
    told: list[str] = []
    async with following(served, f"/videos/{job}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for event in events_of(answer):
            status = event["data"]["status"]
            told.append(status)
            if status == "queued":
                await stage_hand.run(job, "drafting")
            elif status == "drafting":
                await stage_hand.enter(job, "assets")
            elif status == "assets":
                await stage_hand.set(job, Completed())
    assert told == ["queued", "drafting", "assets", "ready"]


async def test_who_comes_back_hears_what_was_missed_and_nothing_twice(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "assets")
    await stage_hand.set(job, Completed())
    whole = await all_of(served, job)
    assert [status for _, status in whole] == ["queued", "drafting", "assets", "ready"]
    assert len({id_ for id_, _ in whole}) == 4
    rest = await all_of(served, job, **{"Last-Event-ID": whole[1][0]})
    assert rest == whole[2:]
    assert await all_of(served, job, **{"Last-Event-ID": "another's"}) == whole
    last = {"Last-Event-ID": whole[-1][0]}
    async with following(served, f"/videos/{job}/events", **last) as answer:
        assert answer.status_code == 204


async def test_many_who_watch_one_job_cost_one_reading_of_each_change(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job()
    watching = [asyncio.create_task(all_of(served, job)) for _ in range(40)]
    await until(lambda: served.app.state.services.places.taken == 40)
    before = served.gateway.reads
    await stage_hand.run(job, "drafting", "assets")
    await stage_hand.set(job, Completed())
    found = await asyncio.gather(*watching)
    expected = ["queued", "drafting", "assets", "ready"]
    assert all([status for _, status in each] == expected for each in found)
    assert served.gateway.reads - before < 30


async def test_only_who_sees_a_job_watches_it(stage_hand: StageHand, served: Served) -> None:
    job = await stage_hand.new_job(user="ann")
    for each in (job, str(uuid4())):
        async with following(served, f"/videos/{each}/events") as answer:
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


async def test_progress_is_told_without_an_id_and_shown_by_the_job(
    stage_hand: StageHand, served: Served, prefect_url: str
) -> None:
    """So that the last id a client has stays that of a change, after which it resumes."""
    job = await stage_hand.new_job()
    await stage_hand.run(job, "assets")
    told: list[tuple[str, bool, int]] = []
    async with following(served, f"/videos/{job}/events") as answer:
        async for event in events_of(answer):
            status, percent = event["data"]["status"], event["data"]["progress"]
            told.append((event["event"], event["id"] is None, percent))
            if told[-1] == ("status", False, 12):
                await tell_progress(prefect_url, job, 17, "assets")
            elif status == "assets":
                assert (await stage_hand_read(served, job))["progress"] == 17
                await stage_hand.set(job, Completed())
    assert told == [
        ("status", False, 0),
        ("status", False, 12),
        ("progress", True, 17),
        ("status", False, 100),
    ]


@pytest.mark.parametrize(
    ("percent", "stage"), [(30, "rendering"), (True, "assets"), ("20", "assets"), (5, "assets")]
)
async def test_progress_that_makes_no_sense_is_told_to_nobody(
    stage_hand: StageHand, served: Served, prefect_url: str, percent: Any, stage: str
) -> None:
    """Another stage's, no number, or less than the stage alone tells."""
    job = await stage_hand.new_job()
    await stage_hand.run(job, "assets")
    told = []
    async with following(served, f"/videos/{job}/events") as answer:
        async for event in events_of(answer):
            told.append(event["data"]["progress"])
            if told[-1] == 12:
                await tell_progress(prefect_url, job, percent, stage)
                await tell_progress(prefect_url, job, 13, "assets")
            elif told[-1] == 13:
                break
    assert told == [0, 12, 13]


async def test_progress_told_before_this_process_began_is_found(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "assets")
    await tell_progress(prefect_url, job, 21, "assets")
    async with asyncio.timeout(20):
        # Prefect writes events down some seconds after they came.
        while (await stage_hand.read(job))["progress"] != 21:
            await asyncio.sleep(0.2)
    async with serving(prefect_url, store) as served:
        assert (await stage_hand_read(served, job))["progress"] == 21


async def stage_hand_read(served: Served, job: str) -> dict[str, Any]:
    async with served.client() as client:
        return dict((await client.get(f"/videos/{job}")).json())


async def test_all_own_jobs_are_told_of_over_one_stream(
    stage_hand: StageHand, served: Served, prefect_url: str
) -> None:
    await until(lambda: served.live.hears_since is not None)
    user = f"u{uuid4().hex[:8]}"
    told: list[tuple[str, str, int]] = []
    foreign = await stage_hand.new_job()
    async with following(served, "/events", user) as answer:
        events = events_of(answer)
        first, second = [await stage_hand.new_job(user) for _ in range(2)]
        await stage_hand.run(foreign, "drafting")
        await stage_hand.run(first, "assets")
        await stage_hand.run(second, "drafting")
        async for event in events:
            job = event["data"]["job_id"]
            told.append((job, event["event"], event["data"]["progress"]))
            if told[-1] == (second, "status", 2):
                await tell_progress(prefect_url, first, 20, "assets", user)
            elif told[-1][1] == "progress":
                await stage_hand.set(first, Completed())
            elif told[-1][2] == 100:
                break
    of_first = [each[1:] for each in told if each[0] == first]
    assert of_first[-3:] == [("status", 12), ("progress", 20), ("status", 100)]
    assert (second, "status", 2) in told
    assert {each[0] for each in told} == {first, second}


async def test_a_stream_of_all_jobs_says_when_it_cannot_go_on_where_it_ended(
    stage_hand: StageHand, served: Served
) -> None:
    await until(lambda: served.live.hears_since is not None)
    last = {"Last-Event-ID": str(uuid4())}
    async with following(served, "/events", **last) as answer:
        async for event in events_of(answer):
            assert event["event"] == "missed"
            break


async def test_who_follows_over_too_many_connections_is_told_when_to_come_back(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    few = LiveSettings(listeners_per_user=1, listeners_in_all=2)
    job = await stage_hand.new_job()
    path = f"/videos/{job}/events"
    async with serving(prefect_url, store, listeners=few, hears=False) as served:
        async with following(served, path) as first:
            assert first.status_code == 200
            async with following(served, path) as more:
                assert (more.status_code, more.headers["Retry-After"]) == (429, "10")
            async with following(served, "/events", "ann") as others:
                assert others.status_code == 200
                async with following(served, "/events", "ben") as more:
                    assert (more.status_code, more.headers["Retry-After"]) == (503, "10")
        await until(lambda: served.app.state.services.places.taken == 0)


async def test_streams_end_at_once_when_the_service_stops(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job()
    watching = asyncio.create_task(all_of(served, job))
    await until(lambda: served.app.state.services.places.taken == 1)
    served.server.should_exit = True
    told = await asyncio.wait_for(watching, 2)
    assert [status for _, status in told] == ["queued"]


async def test_who_would_rather_wait_is_answered_at_the_next_change(
    stage_hand: StageHand, served: Served
) -> None:
    job = await stage_hand.new_job()
    async with served.client() as client:
        wait = {"Prefer": "respond-async, wait=20"}
        asked = asyncio.create_task(client.get(f"/videos/{job}", headers=wait))
        await until(lambda: served.app.state.services.places.taken == 1)
        await stage_hand.run(job, "drafting")
        answer = await asked
        assert answer.json()["status"] == "drafting"
        assert answer.headers["Preference-Applied"] == "wait=20"
        await stage_hand.set(job, Completed())
        stale = {"Prefer": "wait=20", "If-None-Match": answer.headers["ETag"]}
        await until_ready(client, job)
        assert (await client.get(f"/videos/{job}", headers=stale)).json()["status"] == "ready"
        ended = await client.get(f"/videos/{job}", headers={"Prefer": "wait=20"})
        assert ended.json()["status"] == "ready"


async def until_ready(client: httpx.AsyncClient, job: str) -> None:
    async with asyncio.timeout(10):
        while (await client.get(f"/videos/{job}")).json()["status"] != "ready":
            await asyncio.sleep(0.05)


async def test_a_wait_without_a_change_ends_by_itself_and_on_a_foreign_job_at_once(
    stage_hand: StageHand, served: Served
) -> None:
    job, foreign = await stage_hand.new_job(), await stage_hand.new_job(user="ann")
    async with served.client() as client:
        answer = await client.get(f"/videos/{job}", headers={"Prefer": "wait=1"})
        assert answer.json()["status"] == "queued"
        for each in (foreign, str(uuid4())):
            asked = client.get(f"/videos/{each}", headers={"Prefer": "wait=50"})
            assert (await asyncio.wait_for(asked, 5)).status_code == 404
