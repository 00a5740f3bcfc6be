"""What a scenario has come to."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from reels.models import ArtifactRef, Model
from reels.scenarios.models import Fault, ScenarioId, TaskStatus
from reels.scenarios.running import End
from reels.services.base import TaskResult


class TaskEntry(Model):
    """One task's end. A scenario that was cancelled leaves tasks pending."""

    id: ScenarioId
    name: str
    service: str
    status: TaskStatus
    optional: bool = False
    cause: str = ""
    result: TaskResult | None = None


class ScenarioManifest(Model):
    """Written last. `artifacts` are the results of tasks that nobody waits for, by their names."""

    job_id: str
    user_id: str
    scenario_id: ScenarioId
    name: str
    version: str
    tasks: tuple[TaskEntry, ...]
    artifacts: dict[str, ArtifactRef] = Field(default_factory=dict)
    cost_usd: float = 0.0
    warnings: tuple[Fault, ...] = ()
    finished_at: datetime

    @property
    def has_failed(self) -> bool:
        return any(entry.status == "failed" and not entry.optional for entry in self.tasks)


def entry_of(task_id: str, name: str, service: str, optional: bool, end: End | None) -> TaskEntry:
    """A task and its end."""
    return TaskEntry(
        id=task_id,
        name=name,
        service=service,
        optional=optional,
        status=end.status if end else "pending",
        cause=end.cause if end else "",
        result=end.result if end else None,
    )
