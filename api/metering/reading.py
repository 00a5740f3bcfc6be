"""Reading from Prefect what the meter counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType, TaskRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.filters import EventFilter, EventNameFilter

from api.jobs.job_events import job_events
from api.jobs.owning import owner_of
from api.jobs.runs import FLOWS, NO_CHILD, OF_JOBS, PAGE, pages
from api.metering.ends import End, last_end
from reels.stages import STAGE_OF_STATE

_MOST_TASKS: Final = 2_000
#: What a final state is called, and so its event.
_ENDS: Final = ("Completed", "Failed", "Crashed", "Cancelled", "TimedOut")


def end_events() -> EventFilter:
    """The events of jobs that end."""
    names = EventNameFilter(name=[f"prefect.flow-run.{each}" for each in _ENDS])
    return job_events().model_copy(update={"event": names})


def ended_since(client: PrefectClient, since: datetime) -> AsyncIterator[FlowRun]:
    """The jobs that have ended since then. One may come twice."""
    end_time = FlowRunFilterEndTime(after_=since)
    wanted = FlowRunFilter(end_time=end_time, parent_task_run_id=NO_CHILD)
    return pages(client, wanted, FlowRunSort.END_TIME_DESC)


async def end_of(client: PrefectClient, run: FlowRun) -> End | None:
    """All about the job's last end; None when it has not ended (any more)."""
    found = last_end(await client.read_flow_run_states(run.id))
    if found is None:
        return None
    states, since = found
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"job:{run.id}"]))
    children = await client.read_flow_runs(flow_run_filter=tagged, limit=PAGE)
    flow = await client.read_flow(run.flow_id)
    return End(
        run=run,
        user=owner_of(run),
        flow=FLOWS.get(flow.name, "other"),
        states=states,
        since=since,
        tasks=await _tasks(client, [run.id, *(child.id for child in children)]),
        children=children,
    )


async def _tasks(client: PrefectClient, runs: list[UUID]) -> list[TaskRun]:
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=runs))
    found: list[TaskRun] = []
    while len(found) < _MOST_TASKS:
        page = await client.read_task_runs(flow_run_filter=wanted, limit=200, offset=len(found))
        found += page
        if len(page) < 200:
            break
    return found


async def unfinished(client: PrefectClient) -> dict[str, int]:
    """How many jobs that have not ended have which status; `waiting` is for a person."""
    started: dict[str, FlowRunFilterState] = {
        stage: FlowRunFilterState(name=FlowRunFilterStateName(any_=[name]))
        for name, stage in STAGE_OF_STATE.items()
        if not stage.endswith("_review")
    }
    wanted: dict[str, FlowRunFilterState] = {
        "queued": _of_types(StateType.SCHEDULED, StateType.PENDING),
        "waiting": _of_types(StateType.PAUSED),
        "cancelling": _of_types(StateType.CANCELLING),
        **started,
    }
    return {
        status: await client.count_flow_runs(
            flow_filter=OF_JOBS,
            flow_run_filter=FlowRunFilter(state=state, parent_task_run_id=NO_CHILD),
        )
        for status, state in wanted.items()
    }


async def queued(client: PrefectClient) -> dict[str, int]:
    """How many runs are due and wait for a worker, by work pool."""
    due = FlowRunFilter(
        state=_of_types(StateType.SCHEDULED),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=_now()),
    )
    return {
        pool.name: await client.count_flow_runs(
            flow_run_filter=due,
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool.name])),
        )
        for pool in await client.read_work_pools(limit=50)
    }


def _of_types(*types: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))


def _now() -> datetime:
    return datetime.now(UTC)
