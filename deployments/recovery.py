"""What a stack that died left behind, put right before the next one works.

Only for a stack that is alone on its database: no run there can have a process when the
stack starts. While it works, and elsewhere, `deployments.keeper` finds such runs.
"""

from __future__ import annotations

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

from flows.recovering import NEED_A_PROCESS, true_state
from reels.settings import RecoverySettings

PAGE = 200
_WHY = "The stack that worked on it stopped."


async def recover(client: PrefectClient) -> int:
    """Give every run without its process a state that is true. Returns how many there were."""
    recovered = 0
    limit = RecoverySettings().max_recoveries
    for run in await _orphans(client):
        states = await client.read_flow_run_states(run.id)
        state = true_state(run, states, limit, _WHY)
        if state is not None:
            await client.set_flow_run_state(run.id, state, force=True)
            recovered += 1
    return recovered


async def _orphans(client: PrefectClient) -> list[FlowRun]:
    kinds = [*NEED_A_PROCESS, StateType.PAUSED]
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=kinds)))
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(flow_run_filter=wanted, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found
