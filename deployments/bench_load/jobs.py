"""Jobs posted at once, until the last one has ended: over REST, as users do it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from api.jobs.posting import user_tag
from reels.errors import Unavailable

#: The same for all jobs, so that the first one makes what all others find.
BODY: Final[dict[str, Any]] = {
    "text": "Tea is a leaf. It crossed an ocean.",
    "language": "en",
    "auto_approve": True,
}
OVER: Final = (StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED)
#: Prefect is asked no more often, so that the asking costs the measured little.
EVERY_S: Final = 1.0
_TIMEOUT_S: Final = 120.0
#: The largest pages that Prefect and the API give.
_RUNS_A_PAGE: Final = 200
_JOBS_A_PAGE: Final = 100


@dataclass(frozen=True)
class Desk:
    """A user at one or more API processes, and the Prefect behind them."""

    user: str
    apis: Sequence[httpx.AsyncClient]
    prefect: PrefectClient

    @property
    def api(self) -> httpx.AsyncClient:
        return self.apis[0]


class Posted(NamedTuple):
    """The jobs that were taken on, how many were refused, and when the first was posted."""

    jobs: list[str]
    refused: int
    began: float


class Through(NamedTuple):
    """What became of the jobs of a burst: those that are not ready at the end are lost."""

    refused: int
    lost: int
    per_min: float


@asynccontextmanager
async def desk_of(
    user: str, urls: Sequence[str], headers: dict[str, str], prefect_url: str, auth: str = ""
) -> AsyncIterator[Desk]:
    """A user's desk; `headers` prove who asks, `auth` is Prefect's name and password."""
    async with AsyncExitStack() as stack:
        apis = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=url, headers=headers, timeout=_TIMEOUT_S, trust_env=False
                )
            )
            for url in urls
        ]
        client = PrefectClient(prefect_url, auth_string=auth or None)
        yield Desk(user, apis, await stack.enter_async_context(client))


async def post(desk: Desk, body: dict[str, Any], count: int, at_once: int) -> Posted:
    """`count` times the same body, at the APIs in turn, `at_once` requests at any time."""
    jobs: list[str] = []
    refused, turns, began = 0, asyncio.Semaphore(at_once), time.time()

    async def one(number: int) -> None:
        nonlocal refused
        async with turns:
            answer = await desk.apis[number % len(desk.apis)].post("/videos", json=body)
        if answer.status_code == httpx.codes.ACCEPTED:
            jobs.append(answer.json()["job_id"])
        else:
            refused += 1

    await asyncio.gather(*(one(number) for number in range(count)))
    return Posted(jobs, refused, began)


async def settled(desk: Desk, count: int, states: Sequence[StateType], deadline_s: float) -> None:
    """Wait until `count` of the user's jobs are in one of `states`.

    Raises:
        Unavailable: they are not in time; says how many are.
    """
    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[user_tag(desk.user)]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
    )
    until = time.monotonic() + deadline_s
    while (found := await desk.prefect.count_flow_runs(flow_run_filter=wanted)) < count:
        if time.monotonic() > until:
            names = ", ".join(state.value for state in states)
            raise Unavailable(f"After {deadline_s:.0f} s {found} of {count} jobs are {names}.")
        await asyncio.sleep(EVERY_S)


async def through(desk: Desk, posted: Posted, deadline_s: float) -> Through:
    """Wait until all of the user's jobs have ended, and compare with what the API lists."""
    await settled(desk, len(posted.jobs), OVER, deadline_s)
    ready = {job for job, status in (await listed(desk)).items() if status == "ready"}
    ends = [run.end_time.timestamp() for run in await runs_of(desk) if run.end_time]
    return Through(
        refused=posted.refused,
        lost=len(set(posted.jobs) - ready),
        per_min=round(60 * len(posted.jobs) / (max(ends) - posted.began), 1),
    )


async def listed(desk: Desk) -> dict[str, str]:
    """The status of every job that `GET /videos` shows to the user."""
    found: dict[str, str] = {}
    token = ""
    while True:
        asked = {"page_token": token, "page_size": str(_JOBS_A_PAGE)}
        answer = await desk.api.get("/videos", params=asked)
        page = answer.raise_for_status().json()
        found |= {job["job_id"]: job["status"] for job in page["videos"]}
        token = page["next_page_token"] or ""
        if not token:
            return found


async def runs_of(desk: Desk) -> list[FlowRun]:
    """All runs that have the user's tag."""
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[user_tag(desk.user)]))
    found: dict[UUID, FlowRun] = {}
    while True:
        page = await desk.prefect.read_flow_runs(
            flow_run_filter=wanted,
            sort=FlowRunSort.ID_DESC,
            limit=_RUNS_A_PAGE,
            offset=len(found),
        )
        found |= {run.id: run for run in page}
        if len(page) < _RUNS_A_PAGE:
            return list(found.values())
