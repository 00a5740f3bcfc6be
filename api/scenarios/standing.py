"""How far each task of a scenario is: by its manifest, or by Prefect while there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, get_args

import anyio.to_thread
from cachetools import LRUCache, TTLCache
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, StateType, TaskRun
from prefect.client.schemas.sorting import TaskRunSort

from api.jobs.gateway import PrefectGateway
from api.jobs.history import ENDED, plain
from api.live.flights import Flights
from api.scenarios.finding import Found
from api.scenarios.logs import Logs
from api.scenarios.models import ScenarioStatus
from reels.artifacts import ArtifactStore, job_prefix
from reels.documents import read
from reels.errors import ArtifactMissing, Unreadable
from reels.scenarios.claims import Log
from reels.scenarios.manifest import ScenarioManifest
from reels.scenarios.models import Scenario, TaskStatus
from reels.scenarios.schedule import Outcome, with_consequences

#: How old an answer may be while the run goes on.
FRESH_S: Final = 1.0
_KNOWN_TASKS: Final = 50_000
_PAGE: Final = 200
_ID_CHARS: Final = 20
_SUCCESS: Final = frozenset({StateType.COMPLETED})
_FAILURE: Final = frozenset({StateType.FAILED, StateType.CRASHED})
_STOPPED: Final = frozenset({StateType.CANCELLED, StateType.CANCELLING})
_STATUS: Final[dict[StateType, ScenarioStatus]] = {
    StateType.SCHEDULED: "queued",
    StateType.PENDING: "queued",
    StateType.RUNNING: "running",
    StateType.PAUSED: "waiting",
    StateType.COMPLETED: "ready",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLING: "cancelling",
    StateType.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class Standing:
    """How far a scenario is. A task that is not in `statuses` is pending.

    `logs` are those of tasks for outside workers, while the scenario has no manifest.
    """

    statuses: Mapping[str, TaskStatus]
    causes: Mapping[str, str] = field(default_factory=dict)
    logs: Mapping[str, Log] = field(default_factory=dict)
    manifest: ScenarioManifest | None = None

    def status(self, task_id: str) -> TaskStatus:
        return self.statuses.get(task_id, "pending")

    def counts(self, scenario: Scenario) -> dict[TaskStatus, int]:
        """How many tasks have which status; all statuses are told."""
        found: dict[TaskStatus, int] = dict.fromkeys(get_args(TaskStatus), 0)
        for task in scenario.tasks:
            found[self.status(task.id)] += 1
        return found


def status_of(run: FlowRun) -> ScenarioStatus:
    """A run's state in the house's words. One that goes on after a wait is running."""
    state = run.state
    if state is None:
        return "queued"
    goes_on = state.name == "Resuming" or (state.type == StateType.PENDING and run.run_count > 0)
    return "running" if goes_on else _STATUS[state.type]


class Standings:
    """Reads them: of several who ask at once one does, and what was read serves for a moment."""

    def __init__(self, gateway: PrefectGateway, store: ArtifactStore, logs: Logs) -> None:
        self._gateway = gateway
        self._logs = logs
        self._store = store
        self._flights: Flights[object, Standing] = Flights()
        self._recent: TTLCache[object, Standing] = TTLCache(_KNOWN_TASKS, FRESH_S, getsizeof=_size)
        self._final: LRUCache[object, Standing] = LRUCache(_KNOWN_TASKS, getsizeof=_size)
        self._changes: LRUCache[object, int] = LRUCache(_KNOWN_TASKS)

    async def of(self, found: Found) -> Standing:
        """As it is, or was a moment ago."""
        run = found.run
        # Of what this process has changed itself nothing older counts.
        key = (run.id, run.state.id if run.state else None, self._changes.get(run.id, 0))
        known = self._final.get(key) or self._recent.get(key)
        if known is None:
            known = await self._flights.join(key, lambda: self._read(found))
            is_final = known.manifest is not None and _has_ended(run)
            kept = self._final if is_final else self._recent
            if _size(known) <= _KNOWN_TASKS:
                kept[key] = known
        return known

    def forget(self, found: Found) -> None:
        """Something was done to it here: who asks from now on sees that."""
        self._changes[found.run.id] = self._changes.get(found.run.id, 0) + 1

    async def _read(self, found: Found) -> Standing:
        if _may_be_over(found.run):
            manifest = await anyio.to_thread.run_sync(manifest_of, self._store, found)
            if manifest is not None:
                return _told_by(manifest)
        ours = await _latest_runs(self._gateway.client, found)
        outside = any(task.worker == "outside" for task in found.scenario.tasks)
        logs = await self._logs.all(found.run.id) if outside else {}
        forgotten = await self._forgotten(found, ours)
        return _derived(found, {id: run for id, run in ours.items() if id not in forgotten}, logs)

    async def _forgotten(self, found: Found, ours: Mapping[str, TaskRun]) -> set[str]:
        """Tasks that failed in an earlier attempt, and that this one is to run again.

        What has failed now counts as soon as the run has kept it.
        """
        failed = {task_id for task_id, run in ours.items() if run.state_type in _FAILURE}
        if not failed or found.run.run_count < 2:
            return set()
        folder = f"{job_prefix(found.owner, str(found.run.id))}/ends"
        kept = await anyio.to_thread.run_sync(self._store.sizes, folder)
        return {task_id for task_id in failed if f"{folder}/{task_id}.json" not in kept}


def manifest_of(store: ArtifactStore, found: Found) -> ScenarioManifest | None:
    """What the run has come to; None when it has none. Blocks."""
    key = f"{job_prefix(found.owner, str(found.run.id))}/manifest.json"
    try:
        return read(ScenarioManifest, store.read(key), key)
    except (ArtifactMissing, Unreadable):
        return None


def _size(standing: Standing) -> int:
    return len(standing.statuses) + 1


def _has_ended(run: FlowRun) -> bool:
    return run.state is not None and run.state.type in ENDED


def _may_be_over(run: FlowRun) -> bool:
    """Whether there may be a manifest that counts: a new attempt takes it away first."""
    waits = (StateType.SCHEDULED, StateType.PENDING)
    again = run.state is not None and run.state.type in waits and run.run_count > 0
    return again or _has_ended(run)


def _told_by(manifest: ScenarioManifest) -> Standing:
    return Standing(
        statuses={entry.id: entry.status for entry in manifest.tasks},
        causes={entry.id: entry.cause for entry in manifest.tasks if entry.cause},
        manifest=manifest,
    )


def _derived(found: Found, ours: Mapping[str, TaskRun], logs: Mapping[str, Log]) -> Standing:
    now = datetime.now(UTC)
    begun: dict[str, TaskStatus] = {}
    known: dict[str, Outcome] = {}
    for task_id, run in ours.items():
        if run.state_type in _SUCCESS:
            known[task_id] = Outcome("success")
        elif run.state_type in _FAILURE:
            known[task_id] = Outcome("failed", plain(run.state.message if run.state else ""))
        elif run.state_type not in _STOPPED:
            begun[task_id] = "processing"
    for task_id, log in logs.items():
        if log.end is not None and log.end.status is not None:
            known[task_id] = Outcome(log.end.status, log.end.cause)
        elif log.holder(now) is not None:
            begun[task_id] = "processing"
    if _has_ended(found.run):
        # Nobody works for a run that is over, whatever was told of it last.
        begun = {}
    outcomes = with_consequences(
        found.scenario, {id: how for id, how in known.items() if id in found.scenario.by_id}
    )
    statuses = {**begun, **{task_id: how.status for task_id, how in outcomes.items()}}
    causes = {task_id: how.cause for task_id, how in outcomes.items() if how.cause}
    return Standing(statuses=statuses, causes=causes, logs=logs)


async def _latest_runs(client: PrefectClient, found: Found) -> dict[str, TaskRun]:
    """Each of our tasks' last run, by the id at the end of its name."""
    latest: dict[str, TaskRun] = {}
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[found.run.id]))
    offset = 0
    while found.run.run_count:
        page = await client.read_task_runs(
            flow_run_filter=wanted,
            sort=TaskRunSort.EXPECTED_START_TIME_DESC,
            limit=_PAGE,
            offset=offset,
        )
        _take(page, found.scenario, latest)
        if len(page) < _PAGE:
            break
        offset += _PAGE
    return latest


def _take(page: Iterable[TaskRun], scenario: Scenario, latest: dict[str, TaskRun]) -> None:
    for run in page:
        task_id = run.name[-_ID_CHARS:]
        if task_id in scenario.by_id and (
            task_id not in latest or _order(run) > _order(latest[task_id])
        ):
            latest[task_id] = run


def _order(run: TaskRun) -> float:
    began = run.expected_start_time or run.created
    return began.timestamp() if began else 0.0
