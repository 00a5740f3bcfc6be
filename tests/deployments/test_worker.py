"""A worker leaves a run whose process it still has, and takes the others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from anyio import CapacityLimiter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.workers.base import BaseWorker

from deployments.worker import is_ones_own, leave_held_runs


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


def attempt(kind: StateType, starts: int) -> FlowRun:
    state: State[Any] = State(type=kind)
    return FlowRun(flow_id=uuid4(), state=state, state_type=kind, run_count=starts)


@pytest.mark.parametrize(
    ("now", "is_own"),
    [
        (attempt(StateType.PENDING, 2), True),
        (attempt(StateType.RUNNING, 3), True),
        (attempt(StateType.CANCELLING, 3), True),
        (attempt(StateType.CRASHED, 3), False),
        (attempt(StateType.SCHEDULED, 3), False),
        (attempt(StateType.PENDING, 3), False),
        (attempt(StateType.RUNNING, 4), False),
        (attempt(StateType.PAUSED, 3), False),
        (attempt(StateType.COMPLETED, 4), False),
    ],
)
def test_a_crash_is_reported_of_the_attempt_that_was_started_and_of_no_later_one(
    now: FlowRun, is_own: bool
) -> None:
    assert is_ones_own(attempt(StateType.SCHEDULED, 2), now) == is_own
