"""Prefect's worker, for runs that are resumed before their process has ended.

`python -m deployments.worker start ...` takes what `prefect worker start` takes. A run that is
suspended can be resumed at once, while its process is still on its way out. Of such a run
Prefect's own worker, when it has a limit, takes its slot a second time: that is an error
which ends the worker, and with it the processes of all runs that it has.

A worker that sees a job's process end has the job begun again (`flows.recovering`), so that
nobody who follows it hears of a failure that is none. What it does not see, the keeper finds.

It asks for runs when there may be some (`asking`).

A worker that is sent SIGUSR1 takes no further run, and keeps those that it has.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
from collections.abc import Iterable
from threading import Event
from types import FrameType
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State, StateType

from deployments.asking import ask_in_turns
from deployments.bell import bell_of
from deployments.engine.processes import descendants, kill_tree
from deployments.hooking import known
from flows.recovering import true_state
from reels.settings import RecoverySettings
from reels.stages import RECOVERED_STATE

TAKE_NO_MORE = signal.SIGUSR1
#: How many runs a worker remembers to have taken; it has far fewer at once.
MOST_TAKEN = 10_000
#: How often a worker looks at the runs whose processes it has.
LOOK_S = 5.0
_WHY = "The process that worked on this job was ended."
#: The scheduled state in which this worker has taken each run.
_TAKEN: dict[UUID, UUID | None] = {}


def leave_held_runs(takes_no_more: Event | None = None) -> None:
    """Have workers leave a scheduled run whose process they still have, until that is gone,
    and every run once `takes_no_more` is set.

    A process whose work is done elsewhere has been taken for gone, and is ended: it holds a place.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.workers.base import BaseWorker

    submit = known(BaseWorker, "_submit_scheduled_flow_runs")
    looked_s = time.monotonic()

    async def submit_others(self: Any, flow_run_response: list[Any]) -> Any:
        held = set(self._limiter.statistics().borrowers) if self._limiter else set()
        free = [entry for entry in flow_run_response if entry.flow_run.id not in held]
        nonlocal looked_s
        if held and time.monotonic() > looked_s + LOOK_S:
            looked_s = time.monotonic()
            wanted = FlowRunFilter(id=FlowRunFilterId(any_=list(held)))
            for run in await self.client.read_flow_runs(flow_run_filter=wanted):
                end_if_taken_for_gone(run)
        if takes_no_more is not None and takes_no_more.is_set():
            free = []
        _note_taken(free)
        return await submit(self, flow_run_response=free)

    BaseWorker._submit_scheduled_flow_runs = submit_others  # type: ignore[method-assign]


def _note_taken(entries: Iterable[Any]) -> None:
    for entry in entries:
        _TAKEN.pop(entry.flow_run.id, None)
        _TAKEN[entry.flow_run.id] = entry.flow_run.state_id
    for run_id in list(_TAKEN)[:-MOST_TAKEN]:
        del _TAKEN[run_id]


def end_if_taken_for_gone(run: FlowRun) -> None:
    """End a process of this worker that was stopped for so long that others do its work."""
    pid = run.infrastructure_pid or ""
    is_gone = run.state_name == RECOVERED_STATE or run.state_type == StateType.CRASHED
    if is_gone and pid.isdigit() and int(pid) in descendants(os.getpid()):
        kill_tree(int(pid))


def have_crashed_jobs_begun_again() -> None:
    """Have workers give a run whose process they saw end the state that is true.

    Prefect's two ways of saying so differ by seconds on a busy machine. By then the run may
    be at work again, so both look whether it is still in the attempt that they started.

    Raises:
        RuntimeError: this Prefect has no such hooks; the pinned release has.
    """
    from prefect.runner._state_proposer import StateProposer
    from prefect.workers.base import BaseWorker

    by_worker = known(BaseWorker, "_propose_crashed_state")
    by_runner = known(StateProposer, "propose_crashed")

    async def of_worker(self: Any, flow_run: Any, message: str, client: Any = None) -> None:
        client = client or self.client
        if await _is_to_be_called_crashed(client, flow_run.id):
            await by_worker(self, flow_run, message, client=client)

    async def of_runner(self: Any, flow_run: Any, message: str) -> Any:
        if await _is_to_be_called_crashed(self._client, flow_run.id):
            return await by_runner(self, flow_run, message)
        return None

    BaseWorker._propose_crashed_state = of_worker  # type: ignore[method-assign]
    StateProposer.propose_crashed = of_runner  # type: ignore[method-assign]


async def _is_to_be_called_crashed(client: PrefectClient, run_id: UUID) -> bool:
    """Whether a run whose process ended is a crash to Prefect; of another its state is set."""
    run = await client.read_flow_run(run_id)
    states = await client.read_flow_run_states(run_id)
    if not is_ones_own(_TAKEN.get(run_id), states):
        return False
    if run.state is not None and run.state.type == StateType.CANCELLING:
        # Prefect's runner is about to say so and to run the hooks; the keeper does, should it not.
        return False
    state = true_state(run, states, RecoverySettings().max_recoveries, _WHY)
    if state is None or state.is_crashed():
        return state is not None
    is_forced = run.state is not None and run.state.type == StateType.PAUSED
    await client.set_flow_run_state(run_id, state, force=is_forced)
    return False


def is_ones_own(taken: UUID | None, states: Iterable[State[Any]]) -> bool:
    """Whether a run has not been scheduled since this worker took it, in the state `taken`.

    `states` is its history in any order.
    """
    scheduled = [state for state in states if state.type == StateType.SCHEDULED]
    last = max(scheduled, key=lambda state: state.timestamp, default=None)
    return taken is None or last is None or last.id == taken


def main() -> None:
    takes_no_more = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        takes_no_more.set()

    # Its default would end the worker.
    signal.signal(TAKE_NO_MORE, on_signal)
    ask_in_turns(bell_of(os.environ))
    leave_held_runs(takes_no_more)
    have_crashed_jobs_begun_again()
    sys.argv = ["prefect", "worker", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


if __name__ == "__main__":
    main()
