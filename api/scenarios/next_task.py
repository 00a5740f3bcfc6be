"""The next task for a worker that takes what there is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from api.jobs.gateway import PrefectGateway
from api.jobs.posting import user_tag
from api.jobs.runs import NO_CHILD
from api.scenarios.finding import OF_SCENARIOS, Finder, Found
from api.scenarios.logs import Logs
from api.scenarios.models import NextWanted
from api.scenarios.outside import Claimed, Outside
from reels.errors import Conflict
from reels.scenarios.claims import Log
from reels.scenarios.models import ScenarioTask

#: Scenarios whose logs are read at once.
_AT_ONCE: Final = 8
_PAGE: Final = 200
#: A worker that finds nothing in so many scenarios that go on is told that there is nothing.
_MOST_SCENARIOS: Final = 2_000
_OPEN: Final = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]


class NextTask:
    """Looks through a user's scenarios that go on, the oldest first."""

    def __init__(
        self, gateway: PrefectGateway, finder: Finder, logs: Logs, outside: Outside
    ) -> None:
        self._gateway = gateway
        self._finder = finder
        self._logs = logs
        self._outside = outside

    async def claim(self, user: str, wanted: NextWanted) -> Claimed | None:
        """A task that was ready and free, and is the worker's now; None when there is none."""
        async for runs in _pages(self._gateway.client, user):
            for start in range(0, len(runs), _AT_ONCE):
                several = [self._free(run, wanted) for run in runs[start : start + _AT_ONCE]]
                for found, tasks in await asyncio.gather(*several):
                    claimed = await self._first(found, tasks, wanted) if found else None
                    if claimed is not None:
                        return claimed
        return None

    async def _free(
        self, run: FlowRun, wanted: NextWanted
    ) -> tuple[Found | None, list[ScenarioTask]]:
        """The tasks of a run that the worker can have."""
        found = await self._finder.of_run(run) if run.run_count else None
        fitting = [task for task in found.scenario.tasks if _fits(task, wanted)] if found else []
        if not fitting:
            return found, []
        logs, now = await self._logs.all(run.id), datetime.now(UTC)
        return found, [task for task in fitting if _is_free(logs.get(task.id), now)]

    async def _first(
        self, found: Found, tasks: Sequence[ScenarioTask], wanted: NextWanted
    ) -> Claimed | None:
        left = list(tasks)
        while left:
            with suppress(Conflict):
                return await self._outside.take(found, left.pop(0), wanted)
            # Others look for tasks, too: not all of them try the same one next.
            random.shuffle(left)
        return None


def _fits(task: ScenarioTask, wanted: NextWanted) -> bool:
    return task.worker == "outside" and (not wanted.services or task.service in wanted.services)


def _is_free(log: Log | None, now: datetime) -> bool:
    return log is not None and log.is_offered and log.end is None and log.holder(now) is None


async def _pages(client: PrefectClient, user: str) -> AsyncIterator[list[FlowRun]]:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=_OPEN))
    tags = FlowRunFilterTags(all_=[user_tag(user)])
    for offset in range(0, _MOST_SCENARIOS, _PAGE):
        page = await client.read_flow_runs(
            flow_filter=OF_SCENARIOS,
            flow_run_filter=FlowRunFilter(tags=tags, state=state, parent_task_run_id=NO_CHILD),
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=_PAGE,
            offset=offset,
        )
        yield page
        if len(page) < _PAGE:
            return
