"""From an id, of a scenario or of one of its tasks, to its run, its owner and its graph."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import anyio.to_thread
from cachetools import LRUCache
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

from api.identity.base import Caller
from api.identity.rights import sees
from api.jobs.gateway import PrefectGateway
from api.jobs.owning import owner_of
from api.jobs.runs import NO_CHILD
from reels.artifacts import ArtifactStore
from reels.documents import read
from reels.errors import ArtifactMissing, NotFound, Unreadable
from reels.scenarios.models import Scenario, ScenarioTask, mark_of
from reels.scenarios.places import mark_tag, place_of

FLOW: Final = "run-scenario"
OF_SCENARIOS: Final = FlowFilter(name=FlowFilterName(any_=[FLOW]))
#: Marks are 40 bits: that another scenario has the same is rare, and no fault.
_SAME_MARK: Final = 20
_KNOWN_IDS: Final = 20_000
#: Tasks of all graphs that are remembered, of about 1 kB each.
_KNOWN_TASKS: Final = 50_000


class Found(NamedTuple):
    """A scenario, its run as it is now, and whose it is."""

    run: FlowRun
    owner: str
    scenario: Scenario


class Finder:
    """Graphs never change, so they are read once; runs are read each time."""

    def __init__(self, gateway: PrefectGateway, store: ArtifactStore) -> None:
        self._gateway = gateway
        self._store = store
        self._run_ids: LRUCache[str, UUID] = LRUCache(_KNOWN_IDS)
        self._graphs: LRUCache[tuple[str, str], Scenario] = LRUCache(
            _KNOWN_TASKS, getsizeof=lambda graph: len(graph.tasks)
        )

    async def scenario(self, asker: Caller, scenario_id: str) -> Found:
        """Raises NotFound when there is none that `asker` sees."""
        found = await self._find(asker, scenario_id)
        if found is None or found.scenario.scenario_id != scenario_id:
            raise NotFound(f"There is no scenario {scenario_id}.")
        return found

    async def task(self, asker: Caller, task_id: str) -> tuple[Found, ScenarioTask]:
        """Raises NotFound when there is none that `asker` sees."""
        found = await self._find(asker, task_id)
        task = found.scenario.by_id.get(task_id) if found else None
        if found is None or task is None:
            raise NotFound(f"There is no task {task_id}.")
        return found, task

    async def of_run(self, run: FlowRun) -> Found | None:
        """A run's scenario; None when it has not been told yet, or is gone."""
        tag = mark_tag("")
        mark = next((each.removeprefix(tag) for each in run.tags if each.startswith(tag)), "")
        graph = await self._graph(owner_of(run), mark) if mark else None
        return Found(run, owner_of(run), graph) if graph else None

    async def again(self, found: Found) -> Found:
        """The same with its run as it is now. Raises NotFound when that is gone."""
        run = await self._gateway.run(found.run.id)
        if run is None:
            raise NotFound(f"There is no scenario {found.scenario.scenario_id}.")
        return found._replace(run=run)

    async def _find(self, asker: Caller, any_id: str) -> Found | None:
        for run in await self._runs(any_id):
            if not sees(asker, owner_of(run)):
                continue
            found = await self.of_run(run)
            if found and (any_id in found.scenario.by_id or any_id == found.scenario.scenario_id):
                self._run_ids[any_id] = run.id
                return found
        return None

    async def _runs(self, any_id: str) -> list[FlowRun]:
        known = self._run_ids.get(any_id)
        run = await self._gateway.run(known) if known else None
        if run is not None:
            return [run]
        return await self._gateway.client.read_flow_runs(
            flow_filter=OF_SCENARIOS,
            flow_run_filter=FlowRunFilter(
                tags=FlowRunFilterTags(all_=[mark_tag(any_id)]), parent_task_run_id=NO_CHILD
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=_SAME_MARK,
        )

    async def _graph(self, owner: str, any_id: str) -> Scenario | None:
        key = owner, mark_of(any_id)
        if key not in self._graphs:
            graph = await anyio.to_thread.run_sync(stored, self._store, *key)
            if graph is None:
                return None
            if len(graph.tasks) <= _KNOWN_TASKS:
                self._graphs[key] = graph
            return graph
        return self._graphs[key]


def stored(store: ArtifactStore, owner: str, mark: str) -> Scenario | None:
    """The stored graph; None when there is none that can be read. Blocks."""
    try:
        return read(Scenario, store.read(place_of(owner, mark)), place_of(owner, mark))
    except (ArtifactMissing, Unreadable):
        return None
