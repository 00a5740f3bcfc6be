"""What the clients do, and how long each of their requests takes: milliseconds."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import State, StateType

from deployments.bench_api.seed import BUSY, OTHERS
from deployments.layout import Addresses
from reels.stages import STAGES, state_name

_TIMEOUT_S = 60.0
#: Rounds of polling that count for nothing: they fill the cache, and Prefect's server has the
#: events of all creations to write down.
WARM_ROUNDS = 4
#: Prefect looks for late runs every 5 s, and takes those for late that are by 15 s.
SETTLES_S = 60.0


class Times(NamedTuple):
    """What the requests took that were answered, and how many were refused."""

    ms: list[float]
    refused: int = 0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.ms)
        return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 1)


class Own(NamedTuple):
    """A job and its user."""

    job: str
    user: str


@asynccontextmanager
async def client_of(api_url: str, connections: int) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(
        base_url=api_url, timeout=_TIMEOUT_S, limits=limits, trust_env=False
    ) as client:
        yield client


async def create(client: httpx.AsyncClient, clients: int, each: int) -> tuple[Times, list[Own]]:
    """`clients` post `each` jobs, one after the other; the times, and whose job is which."""
    times = Times([])
    jobs: list[Own] = []
    refused = 0

    async def post(number: int) -> None:
        nonlocal refused
        for turn in range(each):
            body = {"idea": f"How tea came to Europe, told by {number} for the {turn}th time"}
            post_it = partial(client.post, "/videos", json=body, headers=_as(f"new{number}"))
            answer, took_ms = await _timed(post_it)
            if answer.status_code == httpx.codes.ACCEPTED:
                times.ms.append(took_ms)
                jobs.append(Own(answer.json()["job_id"], f"new{number}"))
            else:
                refused += 1

    await asyncio.gather(*(post(number) for number in range(clients)))
    return times._replace(refused=refused), jobs


async def settle(addresses: Addresses, jobs: Sequence[Own]) -> None:
    """Wait until creation has no more echo: as nobody runs the jobs, Prefect names them late.

    That is a change of state, which all caches hear of.
    """
    users = [f"user:{user}" for user in {own.user for own in jobs}]
    waiting = FlowRunFilter(
        tags=FlowRunFilterTags(any_=users),
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled"])),
    )
    async with PrefectClient(addresses.prefect_api_url) as prefect:
        until = time.monotonic() + SETTLES_S
        while time.monotonic() < until and await prefect.count_flow_runs(flow_run_filter=waiting):
            await asyncio.sleep(0.5)


async def poll(
    client: httpx.AsyncClient, jobs: Sequence[Own], clients: int, rounds: int, every_s: float
) -> Times:
    """`clients` ask for a job each, every `every_s` seconds, none in step with another."""
    times = Times([])
    chance = random.Random(1)

    async def ask(number: int, first_s: float) -> None:
        job, user = jobs[number % len(jobs)]
        await asyncio.sleep(first_s)
        for turn in range(rounds):
            began = time.perf_counter()
            answer, took_ms = await _timed(partial(client.get, f"/videos/{job}", headers=_as(user)))
            answer.raise_for_status()
            if turn >= WARM_ROUNDS:
                times.ms.append(took_ms)
            await asyncio.sleep(max(0.0, every_s - (time.perf_counter() - began)))

    starts = [chance.uniform(0, every_s) for _ in range(clients)]
    await asyncio.gather(*(ask(number, start) for number, start in enumerate(starts)))
    return times


async def walk_lists(client: httpx.AsyncClient, turns: int) -> Times:
    """The busy user's and others' lists: first pages, the pages behind them, and filtered ones."""
    times = Times([])
    chance = random.Random(1)
    for _ in range(turns):
        for user in (BUSY, f"user{2 * chance.randrange(OTHERS // 2)}"):
            token = ""
            for query in ({}, {}, {"status": "failed"}):
                if query:
                    token = ""
                asked = {**query, "page_token": token}
                answer, took_ms = await _timed(
                    partial(client.get, "/videos", params=asked, headers=_as(user))
                )
                answer.raise_for_status()
                times.ms.append(took_ms)
                token = answer.json()["next_page_token"] or ""
    return times


async def follow(
    addresses: Addresses, client: httpx.AsyncClient, jobs: Sequence[Own], rounds: int
) -> Times:
    """From before a state is set in Prefect until the job's listener has the change."""
    times = Times([])
    heard: dict[str, asyncio.Queue[float]] = {job: asyncio.Queue() for job, _ in jobs}

    async def listen(job: str, user: str) -> None:
        async with client.stream("GET", f"/videos/{job}/events", headers=_as(user)) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("event: status"):
                    heard[job].put_nowait(time.perf_counter())

    listening = [asyncio.create_task(listen(job, user)) for job, user in jobs]
    try:
        async with PrefectClient(addresses.prefect_api_url) as prefect:
            await asyncio.gather(*(queue.get() for queue in heard.values()))
            for job, _ in jobs:
                await prefect.set_flow_run_state(UUID(job), State(type=StateType.PENDING))
            for turn in range(rounds):
                for job, _ in jobs:
                    name = state_name(STAGES[turn % len(STAGES)])
                    began = time.perf_counter()
                    state: State[object] = State(type=StateType.RUNNING, name=name)
                    await prefect.set_flow_run_state(UUID(job), state, force=True)
                    times.ms.append((await heard[job].get() - began) * 1000)
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return times


async def _timed(
    ask: Callable[[], Awaitable[httpx.Response]],
) -> tuple[httpx.Response, float]:
    began = time.perf_counter()
    answer = await ask()
    return answer, (time.perf_counter() - began) * 1000


def _as(user: str) -> dict[str, str]:
    return {"X-User-ID": user}
