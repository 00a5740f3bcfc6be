"""Reading from Prefect: which jobs have changed, and what happened to each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import FlowRunSort

from api.jobs.history import ENDED
from api.jobs.runs import NO_CHILD, pages

#: How many runs may leave a filter between two pages of it.
LEAVING: Final = 20


async def jobs_since(client: PrefectClient, since: datetime) -> AsyncIterator[FlowRun]:
    """The jobs that entered a state after `since`. One may come twice, none is left out."""
    ended = FlowRunFilter(end_time=FlowRunFilterEndTime(after_=since), parent_task_run_id=NO_CHILD)
    going = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=sorted(ENDED))),
        parent_task_run_id=NO_CHILD,
    )
    # Those that end meanwhile are met among the ended, which are read last.
    for wanted in (going, ended):
        async for run in pages(client, wanted, FlowRunSort.START_TIME_DESC, LEAVING):
            if run.state is None or run.state.timestamp >= since:
                yield run


async def history_of(client: PrefectClient, run: FlowRun) -> list[State[Any]]:
    """Every state of the run."""
    return await client.read_flow_run_states(run.id)
