"""A worker leaves a run whose process it still has, and takes the others."""

from __future__ import annotations

import signal
import subprocess
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from anyio import CapacityLimiter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.workers.base import BaseWorker

from deployments.worker import end_if_taken_for_gone, is_ones_own, leave_held_runs
from reels.stages import RECOVERED_STATE


async def taken(limiter: CapacityLimiter | None, runs: list[UUID]) -> list[UUID]:
    """Which of these scheduled runs Prefect's own worker is given to submit."""
    given: list[UUID] = []

    async def submit(self: Any, flow_run_response: list[Any]) -> None:
        given.extend(entry.flow_run.id for entry in flow_run_response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseWorker, "_submit_scheduled_flow_runs", submit)
        leave_held_runs()
        one: Any = SimpleNamespace(_limiter=limiter)
        scheduled: Any = [
            SimpleNamespace(flow_run=FlowRun(id=run, flow_id=uuid4())) for run in runs
        ]
        await BaseWorker._submit_scheduled_flow_runs(one, flow_run_response=scheduled)
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


def scheduled(minute: int, name: str = "Scheduled") -> State[Any]:
    at = datetime(2026, 1, 1, 12, minute, tzinfo=UTC)
    return State(type=StateType.SCHEDULED, name=name, timestamp=at)


def test_a_worker_speaks_for_the_attempt_that_it_has_started_and_for_no_later_one() -> None:
    taken, later = scheduled(1), scheduled(5, RECOVERED_STATE)
    running: State[Any] = State(type=StateType.RUNNING, timestamp=later.timestamp)
    assert is_ones_own(taken.id, [running, taken, scheduled(0)])
    assert not is_ones_own(taken.id, [running, later, taken])
    assert is_ones_own(later.id, [running, taken, later])


def test_a_process_whose_run_is_begun_again_is_ended_and_no_other() -> None:
    taken_for_gone, waiting = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    try:
        end_if_taken_for_gone(run_of(taken_for_gone.pid, RECOVERED_STATE))
        end_if_taken_for_gone(run_of(waiting.pid, "Resuming"))
        assert taken_for_gone.wait(10) == -signal.SIGKILL
        assert waiting.poll() is None
    finally:
        for process in (taken_for_gone, waiting):
            process.kill()
            process.wait()


def run_of(pid: int, state_name: str) -> FlowRun:
    return FlowRun(flow_id=uuid4(), state_name=state_name, infrastructure_pid=str(pid))
