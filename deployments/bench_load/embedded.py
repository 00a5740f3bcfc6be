"""The embedded stack's part: a usual job, the burst, and those that wait."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

from deployments.bench_api.clients import Times
from deployments.bench_load import costs, waiting
from deployments.bench_load.jobs import BODY, Desk, desk_of, post, runs_of, through
from deployments.bench_scenario.processes import cpu_s, family_size, server_memory_mb
from deployments.stack import Stack
from reels.errors import Unavailable

#: An approval holds its process so long; the rest of a job's wait has none.
SETTINGS: Final = {"VIDEO_SERVICE_APPROVAL_HOLD_S": "1"}
_DEADLINE_S: Final = 1_200.0
_FIRST_S: Final = 600.0
#: Nothing is measured before the processes of what went before have gone.
_QUIET_S: Final = 3.0
_SETTLES_S: Final = 60.0
_LIST_TURNS: Final = 40


@dataclass(frozen=True)
class Sizes:
    """How many jobs are posted at once, by how many clients; how many wait, `started` of them
    as every job does; whether the stages of a `usual` job are measured before."""

    jobs: int
    at_once: int
    waiting: int
    started: int
    usual: bool = True


async def measure(stack: Stack, sizes: Sizes) -> dict[str, Any]:
    """All figures of the embedded stack."""
    found: dict[str, Any] = {}
    store = stack.layout.data_dir / "store"
    if sizes.usual:
        async with _desk(stack, "usual") as desk:
            found["usual_job"] = await costs.usual_job(desk, stack.supervisor_pid, store, _FIRST_S)
    async with _desk(stack, "first") as desk:
        await through(desk, await post(desk, BODY, 1, 1), _FIRST_S)
    at_rest = await _at_rest(stack)
    async with _desk(stack, "burst") as desk:
        found |= await _burst(desk, stack, sizes)
    async with _desk(stack, "waiting") as desk:
        found |= await _waiting(desk, stack, sizes, at_rest)
    return found


def _desk(stack: Stack, user: str) -> AbstractAsyncContextManager[Desk]:
    addresses = stack.addresses
    return desk_of(user, [addresses.api_url], {"X-User-ID": user}, addresses.prefect_api_url)


async def _burst(desk: Desk, stack: Stack, sizes: Sizes) -> dict[str, Any]:
    database = stack.layout.prefect_home / "prefect.db"
    rows, used_s = costs.rows(database), cpu_s(stack.supervisor_pid)
    result = await through(desk, await post(desk, BODY, sizes.jobs, sizes.at_once), _DEADLINE_S)
    used = {name: now - used_s[name] for name, now in cpu_s(stack.supervisor_pid).items()}
    await _at_rest(stack)
    return {
        "burst_refused": result.refused,
        "burst_lost": result.lost,
        "jobs_per_min_embedded": result.per_min,
        "cpu_s_per_job": {name: round(each / sizes.jobs, 2) for name, each in used.items()},
        "rows_per_job": costs.per_job(rows, costs.rows(database), sizes.jobs),
    }


async def _waiting(desk: Desk, stack: Stack, sizes: Sizes, at_rest: int) -> dict[str, Any]:
    began_mb = server_memory_mb(stack.supervisor_pid)
    # The last one comes when all others wait.
    await waiting.bring(desk, sizes.started - 1, sizes.at_once, _DEADLINE_S)
    pattern = next(run for run in await runs_of(desk) if waiting.is_suspended(run))
    given = sizes.waiting - sizes.started
    await waiting.put(desk, pattern, given, sizes.at_once, stack.layout.data_dir / "store")
    known = {run.id for run in await runs_of(desk)}
    await waiting.bring(desk, 1, 1, _DEADLINE_S)
    runs = await runs_of(desk)
    held = sum(map(waiting.is_suspended, runs))
    last = next(run for run in runs if run.id not in known)
    processes = await _at_rest(stack)
    listed = Times(await waiting.list_ms(desk, _LIST_TURNS))
    grown_mb = server_memory_mb(stack.supervisor_pid) - began_mb
    answered = await waiting.approve(desk, str(last.id))
    # None of those was ever started; that one goes on shows that they wait as the others do.
    unstarted = [run for run in runs if not run.run_count]
    others = [await waiting.approve(desk, str(run.id)) for run in unstarted[:1]]
    return {
        "waiting": held,
        "waiting_started": held - len(unstarted),
        "waiting_processes": processes - at_rest,
        "waiting_memory_mb": round(grown_mb, 1),
        "list_p95_ms_with_waiting": listed.quantile(0.95),
        "list_p50_ms_with_waiting": listed.quantile(0.5),
        "approve_to_running_s": round(max(each.running_s for each in (answered, *others)), 2),
        "approve_answer_s": round(answered.answer_s, 2),
    }


async def _at_rest(stack: Stack) -> int:
    """How many processes there are once no more go.

    Raises:
        Unavailable: they still come and go.
    """
    until = time.monotonic() + _SETTLES_S
    count, since = family_size(stack.supervisor_pid), time.monotonic()
    while time.monotonic() < since + _QUIET_S:
        if time.monotonic() > until:
            raise Unavailable(f"Processes still come and go after {_SETTLES_S:.0f} s.")
        await asyncio.sleep(0.1)
        now = family_size(stack.supervisor_pid)
        if now != count:
            count, since = now, time.monotonic()
    return count
