"""One end of a job, counted. A job that is retried ends again, and only what is new counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun

from api import metrics
from api.jobs.history import ENDED
from reels.artifacts import ArtifactStore, job_prefix
from reels.cloud.charges import CHARGES, Charge
from reels.documents import read
from reels.errors import StoreError
from reels.stages import RECOVERED_STATE, STAGE_OF_STATE

_STATUS: Final = {
    StateType.COMPLETED: "ready",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLED: "cancelled",
}
_TASK: Final = re.compile(r"([a-z_]{1,40})-[0-9a-f]+")
_ENCODING: Final = "encode_segment"


@dataclass(frozen=True)
class End:
    """A job that has ended: its run, the states since its end before, and all runs of tasks."""

    run: FlowRun
    user: str
    flow: str
    states: Sequence[State[Any]]
    since: datetime | None
    tasks: Sequence[TaskRun]
    children: Sequence[FlowRun]

    @property
    def status(self) -> str:
        return _STATUS[self.states[-1].type]


def last_end(history: Iterable[State[Any]]) -> tuple[list[State[Any]], datetime | None] | None:
    """The states up to a run's last end, from the end before, and when that was.

    None when the run has not ended.
    """
    ordered = sorted(history, key=lambda state: state.timestamp)
    if not ordered or ordered[-1].type not in ENDED:
        return None
    before = [state for state in ordered[:-1] if state.type in ENDED]
    since = before[-1].timestamp if before else None
    return [each for each in ordered if since is None or each.timestamp > since], since


def count(end: End, store: ArtifactStore) -> None:
    """Count all of it. Blocks: it reads from the store."""
    metrics.JOBS_ENDED.labels(end.flow, end.status).inc()
    recovered = sum(state.name == RECOVERED_STATE for state in end.states)
    metrics.RECOVERIES.labels(end.flow).inc(recovered)
    _count_stages(end.states)
    _count_tasks(end)
    prefix = job_prefix(end.user, str(end.run.id))
    manifest: dict[str, Any] = {}
    if end.status == "ready":
        manifest = _manifest(store, prefix)
        _count_video(end, manifest)
    if "costs" in manifest and end.since is None:
        _count_costs(manifest.get("costs", ()))
    else:
        _count_charges(_charges(store, prefix, end.since))


def _count_stages(states: Sequence[State[Any]]) -> None:
    """A stage lasts until the next one is entered, waits in it for people included."""
    stage, began = None, states[0].timestamp
    for state in states:
        entered = STAGE_OF_STATE.get(state.name or "")
        if stage is not None and (entered not in (None, stage) or state is states[-1]):
            took_s = (state.timestamp - began).total_seconds()
            metrics.STAGE_SECONDS.labels(stage).observe(took_s)
        if entered not in (None, stage):
            stage, began = entered, state.timestamp


def _count_tasks(end: End) -> None:
    for task in _new(end):
        name = _name(task)
        if not name:
            continue
        if task.state_name == "Cached":
            metrics.TASK_RUNS.labels(name, "cached").inc()
        elif task.state_type == StateType.COMPLETED:
            metrics.TASK_RUNS.labels(name, "made").inc()
            metrics.TASK_SECONDS.labels(name).observe(task.total_run_time.total_seconds())
        elif task.state_type in (StateType.FAILED, StateType.CRASHED):
            metrics.TASK_RUNS.labels(name, "failed").inc()


def _new(end: End) -> list[TaskRun]:
    return [
        task
        for task in end.tasks
        if end.since is None or (task.created is not None and task.created > end.since)
    ]


def _name(task: TaskRun) -> str:
    """A task by its function; empty for those that stand for a child run."""
    found = _TASK.fullmatch(task.task_key.rpartition(".")[2])
    return found[1] if found else ""


def _count_video(end: End, manifest: dict[str, Any]) -> None:
    render = manifest.get("render") or {}
    total, encoded = int(render.get("segments_total", 0)), int(render.get("segments_encoded", 0))
    metrics.SEGMENTS.labels("encoded").inc(encoded)
    metrics.SEGMENTS.labels("reused").inc(max(0, total - encoded))
    duration_s = float(render.get("duration_s", 0))
    metrics.VIDEO_SECONDS.inc(duration_s)
    if manifest.get("degraded"):
        metrics.DEGRADED.labels(end.flow).inc()
    for child in end.children:
        of_child = [task for task in end.tasks if task.flow_run_id == child.id]
        segments = [task for task in of_child if _name(task) == _ENCODING]
        took_s = child.total_run_time.total_seconds()
        is_new = segments and all(each.state_name == "Completed" for each in segments)
        if is_new and child.state_type == StateType.COMPLETED and took_s > 0 and duration_s > 0:
            metrics.RENDER_SPEED.observe(duration_s / took_s)


def _count_costs(costs: Iterable[dict[str, Any]]) -> None:
    for cost in costs:
        failed, calls = int(cost["failed"]), int(cost["calls"])
        _count_calls(cost["service"], cost["operation"], calls - failed, failed, cost["cost_usd"])


def _count_charges(charges: Iterable[Charge]) -> None:
    for charge in charges:
        done = int(charge.succeeded)
        _count_calls(charge.service, charge.operation, done, 1 - done, charge.cost_usd)


def _count_calls(service: str, operation: str, done: int, failed: int, cost_usd: float) -> None:
    metrics.PROVIDER_CALLS.labels(service, operation, "succeeded").inc(done)
    metrics.PROVIDER_CALLS.labels(service, operation, "failed").inc(failed)
    metrics.PROVIDER_COST.labels(service, operation).inc(cost_usd)


def _manifest(store: ArtifactStore, prefix: str) -> dict[str, Any]:
    """As it was written, by this release or by another; empty when it is gone."""
    try:
        found = json.loads(store.read(f"{prefix}/manifest.json"))
    except (StoreError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _charges(store: ArtifactStore, prefix: str, since: datetime | None) -> list[Charge]:
    charges = [
        read(Charge, store.read(ref.key), ref.key) for ref in store.list(f"{prefix}/{CHARGES}")
    ]
    return [charge for charge in charges if since is None or charge.at > since]
