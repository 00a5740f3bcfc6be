"""Reading the runs that are jobs, whoever's: for those who look at all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentTaskRunId,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

#: The flows whose runs are jobs, and how their jobs are called in metrics.
FLOWS: Final = {
    "make-video": "video",
    "make-slideshow": "slideshow",
    "package-hls": "film",
    "run-scenario": "scenario",
}
OF_JOBS: Final = FlowFilter(name=FlowFilterName(any_=list(FLOWS)))
NO_CHILD: Final = FlowRunFilterParentTaskRunId(is_null_=True)
PAGE: Final = 100


async def jobs_named(client: PrefectClient, ids: Iterable[UUID]) -> list[FlowRun]:
    """Of these runs those that are jobs."""
    named = list(ids)
    found: list[FlowRun] = []
    for start in range(0, len(named), PAGE):
        wanted = FlowRunFilter(
            id=FlowRunFilterId(any_=named[start : start + PAGE]), parent_task_run_id=NO_CHILD
        )
        found += await client.read_flow_runs(flow_filter=OF_JOBS, flow_run_filter=wanted)
    return found


async def pages(
    client: PrefectClient, wanted: FlowRunFilter, sort: FlowRunSort, leaving: int = 0
) -> AsyncIterator[FlowRun]:
    """All wanted jobs, page by page. One may come twice.

    Pages overlap by `leaving`: as many may leave the filter between two of them and move the
    rest forward, and none is left out.
    """
    offset = 0
    while True:
        page = await client.read_flow_runs(
            flow_filter=OF_JOBS, flow_run_filter=wanted, sort=sort, limit=PAGE, offset=offset
        )
        for run in page:
            yield run
        if len(page) < PAGE:
            return
        offset += PAGE - leaving
