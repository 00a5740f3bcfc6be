"""Reads and streams while Prefect or the shared Redis is away, and when they are back."""

from __future__ import annotations

import asyncio
from uuid import UUID

from prefect.states import Completed

from api.memory import RedisMemory
from blocks.local_store import LocalStore
from tests.api.conftest import StageHand
from tests.api.serving_kit import next_of, serving, texts_of, until
from tests.api.wire import wire_to
from tests.redis_kit import running_redis


async def test_who_listens_hears_after_an_outage_of_prefect_what_passed_in_it(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    async with (
        wire_to(prefect_url) as (wire, url),
        serving(url, store) as served,
        served.client() as client,
        served.listening(f"/videos/{job}/ws") as listening,
        served.listening("/ws") as of_all,
    ):
        assert [(await next_of(listening))["data"]["status"] for _ in range(2)][-1] == "drafting"
        await wire.cut()
        await until(lambda: served.live.hears_since is None)
        await stage_hand.enter(job, "assets")
        await wire.mend()
        assert (await next_of(listening))["data"]["status"] == "assets"
        assert (await next_of(of_all))["event"] == "missed"
        assert (await client.get(f"/videos/{job}")).json()["status"] == "assets"
        await until(lambda: served.live.hears_since is not None)
        await stage_hand.set(job, Completed())
        assert [each["data"]["status"] for each in await texts_of(listening)] == ["ready"]


async def test_prefect_may_be_away_when_the_api_starts(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    job = await stage_hand.new_job()
    async with wire_to(prefect_url) as (wire, url):
        await wire.cut()
        async with serving(url, store, hears=False) as served, served.client() as client:
            assert (await client.get(f"/videos/{job}")).status_code == 503
            await wire.mend()
            await until(lambda: served.live.hears_since is not None)
            assert (await client.get(f"/videos/{job}")).json()["status"] == "queued"


async def test_two_processes_with_one_redis_tell_the_same_story(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    job = await stage_hand.new_job()
    with running_redis() as redis:
        async with (
            serving(prefect_url, store, memory=RedisMemory(redis.url)) as here,
            serving(prefect_url, store, memory=RedisMemory(redis.url)) as there,
            here.client() as one,
            there.client() as other,
        ):
            path = f"/videos/{job}"
            assert (await one.get(path)).content == (await other.get(path)).content
            assert there.gateway.reads == 0
            assert (await one.post(f"{path}:cancel")).status_code == 202
            assert (await other.get(path)).json()["status"] == "cancelled"
            assert (await other.post(f"{path}:retry")).status_code == 202
            assert (await one.get(path)).json()["status"] == "queued"
            async with there.listening(f"{path}/ws") as listening:
                await stage_hand.run(job, "drafting")
                while (await next_of(listening))["data"]["status"] != "drafting":
                    pass
            assert (await other.get(path)).json()["status"] == "drafting"
            await until(lambda: here.live.named.at(UUID(job)) > 0)
            assert (await one.get(path)).json()["status"] == "drafting"


async def test_without_its_redis_the_api_reads_on(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    job = await stage_hand.new_job()
    with running_redis() as redis:
        memory = RedisMemory(redis.url)
        async with serving(prefect_url, store, memory=memory) as served, served.client() as client:
            assert (await client.get(f"/videos/{job}")).json()["status"] == "queued"
            redis.stop()
            answers = await asyncio.gather(*(client.get(f"/videos/{job}") for _ in range(40)))
            assert {answer.status_code for answer in answers} == {200}
            assert (await client.post(f"/videos/{job}:cancel")).status_code == 202
            assert (await client.get(f"/videos/{job}")).json()["status"] == "cancelled"
            redis.start()
            assert (await client.get(f"/videos/{job}")).json()["status"] == "cancelled"
