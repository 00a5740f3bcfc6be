"""What a stack that died left behind, put right before the next one works.

Only for a stack that is alone on its database: no run there can have a process when the
stack starts. (On a server of one's own, heartbeats must tell.)
"""

from __future__ import annotations

from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed, Scheduled

from flows.waiting import suspension_of

#: States that a run is in only while a process works on it.
NEED_A_PROCESS = [
    StateType.PENDING,
    StateType.RUNNING,
    StateType.CANCELLING,
    StateType.PAUSED,
]
PAGE = 200
#: The state in which a run is scheduled again. Not that of a retry, which a person asks for.
RECOVERED = "Recovered"


async def recover(client: PrefectClient) -> int:
    """Give every run without its process a state that is true. Returns how many there were.

    A held approval becomes a suspension, so that it can be answered. A job that was at
    work is scheduled again and finds what it had done. A child run is called crashed:
    its job starts it again.
    """
    recovered = 0
    for run in await _orphans(client):
        state = _true_state(run)
        if state is not None:
            await client.set_flow_run_state(run.id, state, force=True)
            recovered += 1
    return recovered


async def _orphans(client: PrefectClient) -> list[FlowRun]:
    wanted = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=NEED_A_PROCESS))
    )
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(flow_run_filter=wanted, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found


def _true_state(run: FlowRun) -> State[Any] | None:
    state = run.state
    assert state is not None
    if state.type == StateType.PAUSED:
        return None if state.state_details.pause_reschedule else suspension_of(state)
    if state.type == StateType.CANCELLING:
        return Cancelled(message=state.message)
    message = "The stack that worked on it stopped."
    if run.parent_task_run_id is not None:
        return Crashed(message=message)
    return Scheduled(name=RECOVERED, message=message)
