"""A worker leaves a run whose process it still has, and takes the others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from anyio import CapacityLimiter
from prefect.workers.base import BaseWorker

from deployments.worker import leave_held_runs


async def taken(limiter: CapacityLimiter | None, runs: list[UUID]) -> list[UUID]:
    """Which of these scheduled runs Prefect's own worker is given to submit."""
    given: list[UUID] = []

    async def submit(self: Any, flow_run_response: list[Any]) -> None:
        given.extend(entry.flow_run.id for entry in flow_run_response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseWorker, "_submit_scheduled_flow_runs", submit)
        leave_held_runs()
        worker: Any = SimpleNamespace(_limiter=limiter)
        scheduled: Any = [SimpleNamespace(flow_run=SimpleNamespace(id=run)) for run in runs]
        await BaseWorker._submit_scheduled_flow_runs(worker, flow_run_response=scheduled)
    return given


def test_a_run_whose_process_is_still_there_is_left_until_that_has_gone() -> None:
    async def check() -> None:
        limiter, ending, other = CapacityLimiter(3), uuid4(), uuid4()
        limiter.acquire_on_behalf_of_nowait(ending)
        assert await taken(limiter, [ending, other]) == [other]
        limiter.release_on_behalf_of(ending)
        assert await taken(limiter, [ending, other]) == [ending, other]

    anyio.run(check)


def test_a_worker_without_a_limit_takes_them_all() -> None:
    run = uuid4()
    assert anyio.run(taken, None, [run]) == [run]
