"""What a scenario is once its template is expanded: tasks, who waits for whom, and why not."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

from reels.models import Model

MAX_TASKS: Final = 2_000
MAX_TEMPLATE_CHARS: Final = 200_000
MAX_DESCRIPTION_CHARS: Final = 20_000
MAX_SLIDES: Final = 60

#: In the order in which a task goes through them; the last two are ends.
TaskStatus = Literal["pending", "processing", "success", "failed"]
#: Who does a task: this house, or a worker of somebody else's, who claims it over the API.
Worker = Literal["ours", "outside"]

ScenarioId = Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
#: The part of every id of a scenario that is the scenario's own.
MARK_CHARS: Final = 10
Seed = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Fault(Model):
    """What is wrong with a template, or odd about it, and in which of its lines (from 1)."""

    line: int = Field(ge=0)
    message: str


class ScenarioTask(Model):
    """One task of the graph. `queue` is how many tasks it waits for, from the graph's edges.

    `declared_queue` is what the template says of that. `references` names results by the
    template's own fields, as `slide_ids`. A task that is `optional` may fail without failing
    those that wait for it.
    """

    id: ScenarioId
    service: str
    name: str
    queue: int = Field(ge=0)
    declared_queue: int | None = None
    consumers: tuple[ScenarioId, ...] = ()
    waits_for: tuple[ScenarioId, ...] = ()
    optional: bool = False
    worker: Worker = "ours"
    lease_s: float = Field(default=60.0, gt=0, le=86_400)
    prompt: str | None = None
    params: dict[str, JsonValue] = Field(default_factory=dict)
    references: dict[str, ScenarioId | tuple[ScenarioId, ...]] = Field(default_factory=dict)


class Scenario(Model):
    """An expanded template. `tasks` are in the template's order."""

    scenario_id: ScenarioId
    seed: Seed
    name: str
    version: str = ""
    created_at: datetime
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    tasks: tuple[ScenarioTask, ...] = Field(min_length=1, max_length=MAX_TASKS)
    warnings: tuple[Fault, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, ScenarioTask]:
        return {task.id: task for task in self.tasks}


class ScenarioRequest(Model):
    """What a scenario is made from: a template's name, and what is put into it.

    `slides_count` and `description` are the template's `N_SLIDES` and `PROMPT`, too;
    `variables` are others that it declares.
    """

    scenario: str = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    description: str = Field(min_length=1, max_length=MAX_DESCRIPTION_CHARS)
    slides_count: int = Field(default=3, ge=1, le=MAX_SLIDES)
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    budget_usd: float | None = Field(default=None, ge=0)


def mark_of(any_id: str) -> str:
    """What all ids of one scenario begin with."""
    return any_id[:MARK_CHARS]
