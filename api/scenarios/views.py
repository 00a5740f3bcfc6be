"""From a scenario, and how far it is, to what the API answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api.jobs.history import RETRIABLE, plain
from api.scenarios.finding import Found
from api.scenarios.models import (
    ClaimedTask,
    Holder,
    ScenarioAccepted,
    ScenarioLinks,
    ScenarioState,
    ScenarioSummary,
    TaskInput,
    TaskState,
    TaskView,
)
from api.scenarios.outside import Claimed
from api.scenarios.standing import Standing, status_of
from api.services import Services, in_thread
from reels.artifacts import ArtifactStore, job_prefix
from reels.documents import read
from reels.errors import ArtifactMissing, Unreadable
from reels.scenarios.claims import Entry
from reels.scenarios.models import Scenario, ScenarioTask, TaskStatus
from reels.scenarios.running import End
from reels.services.base import TaskResult


def links_of(services: Services, scenario_id: str) -> ScenarioLinks:
    own = services.url(f"/scenarios/{scenario_id}")
    return ScenarioLinks(
        self=own, graph=f"{own}/graph", cancel=f"{own}:cancel", retry=f"{own}:retry"
    )


def accepted_view(services: Services, found: Found) -> ScenarioAccepted:
    """A scenario that was taken on, as it was then."""
    scenario = found.scenario
    return ScenarioAccepted(
        scenario_id=scenario.scenario_id,
        job_id=found.run.id,
        name=scenario.name,
        version=scenario.version,
        tasks=tuple(_task(scenario, task, "pending") for task in scenario.tasks),
        warnings=scenario.warnings,
        links=links_of(services, scenario.scenario_id),
    )


def summary_view(services: Services, found: Found) -> ScenarioSummary:
    """A scenario in a list: of its tasks nothing is told, so that nothing is asked for."""
    return ScenarioSummary(**_summary(services, found))


async def scenario_view(services: Services, found: Found) -> ScenarioState:
    """A scenario with its tasks."""
    standing = await services.scenarios.standings.of(found)
    scenario, status = found.scenario, status_of(found.run)
    counts = standing.counts(scenario)
    ended = counts["success"] + counts["failed"]
    percent = 100 * ended // len(scenario.tasks)
    state, manifest = found.run.state, standing.manifest
    is_over = state is not None and state.type in RETRIABLE
    return ScenarioState(
        **_summary(services, found),
        progress=100 if status == "ready" else min(percent, 99),
        counts=counts,
        tasks=tuple(
            _task(scenario, task, standing.status(task.id), standing.causes.get(task.id, ""))
            for task in scenario.tasks
        ),
        results=await in_thread(_results, services, standing),
        cost_usd=manifest.cost_usd if manifest else None,
        error=(plain(state.message) or status) if state and is_over else None,
        warnings=scenario.warnings,
    )


async def task_view(services: Services, found: Found, task: ScenarioTask) -> TaskState:
    """A task with its result, and who has it."""
    standing = await services.scenarios.standings.of(found)
    end = await in_thread(_end, services.store, found, task, standing)
    log = standing.logs.get(task.id)
    result, status = end.result if end else None, standing.status(task.id)
    artifact = result.artifact if result else None
    held = log.holder(datetime.now(UTC)) if log and status == "processing" else None
    told = log.end.result_ref if log and log.end else ""
    return TaskState(
        **_fields(found.scenario, task, status, standing.causes.get(task.id, "")),
        result_ref=artifact.key if artifact else result.address if result else told,
        result_url=await in_thread(_link, services, result),
        holder=_holder(held) if held else None,
    )


async def claimed_view(services: Services, claimed: Claimed) -> ClaimedTask:
    """A task for whoever has it now."""
    inputs = await in_thread(_inputs, services, claimed.found.scenario, claimed.results)
    return ClaimedTask(
        **_fields(claimed.found.scenario, claimed.task, "processing", ""),
        holder=_holder(claimed.entry),
        claim=claimed.entry.claim,
        inputs=inputs,
    )


def ended_view(done: Claimed) -> TaskState:
    """A task for whoever has ended it just now."""
    entry = done.entry
    assert entry.status is not None
    return TaskState(
        **_fields(done.found.scenario, done.task, entry.status, entry.cause),
        result_ref=entry.result_ref,
    )


def _summary(services: Services, found: Found) -> dict[str, Any]:
    scenario = found.scenario
    return {
        "scenario_id": scenario.scenario_id,
        "job_id": found.run.id,
        "user_id": found.owner,
        "name": scenario.name,
        "version": scenario.version,
        "title": found.run.name,
        "status": status_of(found.run),
        "created_at": scenario.created_at,
        "links": links_of(services, scenario.scenario_id),
    }


def _fields(
    scenario: Scenario, task: ScenarioTask, status: TaskStatus, cause: str
) -> dict[str, Any]:
    return {
        **task.references,
        "id": task.id,
        "scenario_id": scenario.scenario_id,
        "service": task.service,
        "name": task.name,
        "status": status,
        "queue": task.queue,
        "consumers": task.consumers,
        "optional": task.optional,
        "worker": task.worker,
        "prompt": task.prompt,
        "params": task.params,
        "created_at": scenario.created_at,
        "cause": cause,
    }


def _task(scenario: Scenario, task: ScenarioTask, status: TaskStatus, cause: str = "") -> TaskView:
    return TaskView(**_fields(scenario, task, status, cause))


def _holder(step: Entry) -> Holder | None:
    return Holder(worker=step.worker, until=step.until) if step.until else None


def _results(services: Services, standing: Standing) -> dict[str, str]:
    """Links to what has come out. Blocks."""
    found = standing.manifest.artifacts if standing.manifest else {}
    expires_s = services.storage.link_expires_s
    return {name: services.store.link(ref.key, expires_s=expires_s) for name, ref in found.items()}


def _link(services: Services, result: TaskResult | None) -> str | None:
    """Blocks."""
    if result is None or result.artifact is None:
        return None
    return services.store.link(result.artifact.key, expires_s=services.storage.link_expires_s)


def _end(store: ArtifactStore, found: Found, task: ScenarioTask, standing: Standing) -> End | None:
    """How a task has ended, as the run has kept it. Blocks."""
    status = standing.status(task.id)
    if status not in ("success", "failed"):
        return None
    if standing.manifest is not None:
        entries = (entry for entry in standing.manifest.tasks if entry.id == task.id)
        return next((End(status=status, result=entry.result) for entry in entries), None)
    key = f"{job_prefix(found.owner, str(found.run.id))}/ends/{task.id}.json"
    try:
        return read(End, store.read(key), key)
    except (ArtifactMissing, Unreadable):
        return None


def _inputs(
    services: Services, scenario: Scenario, results: Mapping[str, TaskResult]
) -> tuple[TaskInput, ...]:
    """Blocks."""
    return tuple(
        TaskInput(
            task_id=task_id,
            name=scenario.by_id[task_id].name,
            kind=result.kind,
            url=_link(services, result),
            media_type=result.artifact.media_type if result.artifact else None,
            size_bytes=result.artifact.size_bytes if result.artifact else None,
            address=result.address,
            language=result.language,
            duration_s=result.duration_s,
            text=result.text,
            words=result.words,
        )
        for task_id, result in results.items()
        if task_id in scenario.by_id
    )
