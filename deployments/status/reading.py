"""Reading from Prefect: which jobs have changed, and what happened to each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    FlowRunFilterParentTaskRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import FlowRunSort

from api.jobs.history import ENDED

#: The flows whose runs are jobs.
FLOWS: Final = ["make-video", "make-slideshow", "package-hls"]
PAGE: Final = 100
#: How many runs may leave a filter between two pages of it.
LEAVING: Final = 20

_OF_JOBS: Final = FlowFilter(name=FlowFilterName(any_=FLOWS))
_NO_CHILD: Final = FlowRunFilterParentTaskRunId(is_null_=True)


async def jobs_named(client: PrefectClient, ids: Iterable[UUID]) -> list[FlowRun]:
    """Of these runs those that are jobs."""
    named = list(ids)
    found: list[FlowRun] = []
    for start in range(0, len(named), PAGE):
        wanted = FlowRunFilter(
            id=FlowRunFilterId(any_=named[start : start + PAGE]), parent_task_run_id=_NO_CHILD
        )
        found += await client.read_flow_runs(flow_filter=_OF_JOBS, flow_run_filter=wanted)
    return found


async def jobs_since(client: PrefectClient, since: datetime) -> AsyncIterator[FlowRun]:
    """The jobs that entered a state after `since`. One may come twice, none is left out."""
    ended = FlowRunFilter(end_time=FlowRunFilterEndTime(after_=since), parent_task_run_id=_NO_CHILD)
    going = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=sorted(ENDED))),
        parent_task_run_id=_NO_CHILD,
    )
    # Those that end meanwhile are met among the ended, which are read last.
    for wanted in (going, ended):
        async for run in _pages(client, wanted):
            if run.state is None or run.state.timestamp >= since:
                yield run


async def history_of(client: PrefectClient, run: FlowRun) -> list[State[Any]]:
    """Every state of the run."""
    return await client.read_flow_run_states(run.id)


async def _pages(client: PrefectClient, wanted: FlowRunFilter) -> AsyncIterator[FlowRun]:
    """Pages overlap, because runs that leave the filter meanwhile move the rest forward."""
    offset = 0
    while True:
        page = await client.read_flow_runs(
            flow_filter=_OF_JOBS,
            flow_run_filter=wanted,
            sort=FlowRunSort.START_TIME_DESC,
            limit=PAGE,
            offset=offset,
        )
        for run in page:
            yield run
        if len(page) < PAGE:
            return
        offset += PAGE - LEAVING
