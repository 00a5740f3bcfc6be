"""Jobs that wait for a person: how they come to it, and what it costs that they do.

Some are brought to their review as every job is: a run starts, drafts, asks, and is suspended.
The others are given to Prefect in the very state that those are left in, with the same inputs
for their form, because a thousand starts take longer than anybody wants to measure.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType

from deployments.bench_load.jobs import BODY, Desk, post, runs_of, settled
from reels.artifacts import job_prefix
from reels.errors import Unavailable

#: Waits at the draft, and at nothing else.
WAITING_BODY: Final[dict[str, Any]] = {**BODY, "auto_approve": ["subtitles"]}
_EVERY_S: Final = 0.05
_APPROVE_S: Final = 60.0


class Answered(NamedTuple):
    """Seconds from the POST of an approval to its answer, and to the first state Running."""

    answer_s: float
    running_s: float


async def bring(desk: Desk, count: int, at_once: int, deadline_s: float) -> None:
    """Post jobs, and wait until the user has so many more that wait without a process.

    Raises:
        Unavailable: they were refused, or do not wait in time.
    """
    before = sum(is_suspended(run) for run in await runs_of(desk))
    posted = await post(desk, WAITING_BODY, count, at_once)
    if posted.refused:
        raise Unavailable(f"{posted.refused} of {count} jobs that are to wait were refused.")
    # One that is held is paused, too, and still has a process.
    await settled(desk, before + count, [StateType.PAUSED], deadline_s)
    until = time.monotonic() + deadline_s
    while sum(is_suspended(run) for run in await runs_of(desk)) < before + count:
        if time.monotonic() > until:
            raise Unavailable(f"After {deadline_s:.0f} s some jobs are held and not suspended.")
        await asyncio.sleep(0.5)


def is_suspended(run: FlowRun) -> bool:
    """Whether a run waits and holds no process."""
    return run.state is not None and run.state.name == "Suspended"


async def put(desk: Desk, pattern: FlowRun, count: int, at_once: int, store: Path) -> None:
    """Give Prefect `count` runs that wait as `pattern` does, and the store what it has of one.

    What differs from the pattern is that none of them was ever started.
    """
    inputs = await _inputs(desk.prefect, pattern.id)
    body = body_of(pattern)
    turns = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with turns:
            path = f"/deployments/{pattern.deployment_id}/create_flow_run"
            key = f"{pattern.id}:{number}"
            made = await _post(desk.prefect, path, body | {"idempotency_key": key})
            for entry in inputs:
                await _post(desk.prefect, f"/flow_runs/{made['id']}/input", entry)
            home = store / job_prefix(desk.user, made["id"])
            shutil.copytree(store / job_prefix(desk.user, str(pattern.id)), home)

    await asyncio.gather(*(one(number) for number in range(count)))


def body_of(pattern: FlowRun) -> dict[str, Any]:
    """The creation of a run in the pattern's state: its own, without what is one run's alone."""
    assert pattern.state is not None
    state = pattern.state.model_dump(mode="json", include={"type", "name", "message"})
    details = {"pause_key", "pause_timeout", "pause_reschedule", "run_input_keyset"}
    held = pattern.state.state_details.model_dump(mode="json", include=details)
    return {
        **pattern.model_dump(mode="json", include={"name", "parameters", "tags", "labels"}),
        "empirical_policy": pattern.empirical_policy.model_dump(mode="json"),
        "state": state | {"state_details": held},
    }


async def _inputs(prefect: PrefectClient, run_id: UUID) -> list[dict[str, Any]]:
    """What is kept with a run for its form: the schema and what the form says."""
    answer = await _post(prefect, f"/flow_runs/{run_id}/input/filter", {"prefix": ""})
    return [{"key": entry["key"], "value": entry["value"]} for entry in answer]


async def _post(prefect: PrefectClient, path: str, body: dict[str, Any]) -> Any:
    answer = await prefect.request("POST", path, json=body)  # type: ignore[arg-type]
    return answer.json() if answer.content else None


async def list_ms(desk: Desk, turns: int) -> list[float]:
    """How long `GET /videos` takes: first pages, the pages behind them, those of a status."""
    times: list[float] = []
    for turn in range(turns):
        token = ""
        for query in ({}, {}, {"status": "draft_review"}):
            asked = {**query, "page_token": "" if query else token}
            began = time.perf_counter()
            answer = await desk.api.get("/videos", params=asked)
            # The first of a process makes what all others find.
            if turn:
                times.append((time.perf_counter() - began) * 1000)
            token = answer.raise_for_status().json()["next_page_token"] or ""
    return times


async def approve(desk: Desk, job: str) -> Answered:
    """Approve the draft of `job`, and wait until its flow runs.

    Raises:
        Unavailable: the approval was refused, or the flow does not run in time.
    """
    began = time.time()
    answer = await desk.api.post(f"/videos/{job}/draft:approve", json={})
    if not answer.is_success:
        raise Unavailable(f"The approval of {job} was answered {answer.status_code}: {answer.text}")
    answered = time.time()
    while time.time() < began + _APPROVE_S:
        since = running_since(await desk.prefect.read_flow_run_states(UUID(job)), began)
        if since is not None:
            return Answered(answered - began, since - began)
        await asyncio.sleep(_EVERY_S)
    raise Unavailable(f"{job} does not run {_APPROVE_S:.0f} s after its approval.")


def running_since(states: Sequence[Any], began: float) -> float | None:
    at: list[datetime] = [state.timestamp for state in states if state.type == StateType.RUNNING]
    return min((each.timestamp() for each in at if each.timestamp() > began), default=None)
