"""What the routes of scenarios take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from reels.models import LanguageTag, Model, Word
from reels.scenarios.claims import MAX_CAUSE_CHARS
from reels.scenarios.models import Fault, ScenarioId, ScenarioRequest, Seed, TaskStatus, Worker
from reels.services.base import ResultKind

ScenarioStatus = Literal[
    "queued", "running", "waiting", "ready", "failed", "cancelling", "cancelled"
]

_ID: Final = "3f9a0c55d1"
_SCENARIO: Final = f"{_ID}57510f0b12"
_TASK: Final[dict[str, Any]] = {
    "id": f"{_ID}b9c70fa301",
    "scenario_id": _SCENARIO,
    "service": "voice-service",
    "name": "CreateVoice",
    "status": "pending",
    "queue": 1,
    "consumers": [f"{_ID}4841187fa5"],
    "optional": False,
    "worker": "ours",
    "prompt": None,
    "params": {},
    "created_at": "2026-01-02T03:04:05Z",
    "cause": "",
    "text_task_id": f"{_ID}579a000e42",
}


class ScenarioOrder(ScenarioRequest):
    """What a run of the flow is given: the request, and what its graph was made with."""

    seed: Seed


class TaskView(Model):
    """A task. The ids of tasks whose results it uses stand under the template's own names.

    `queue` is how many tasks it waits for; `cause` says why it failed.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _TASK})
    __pydantic_extra__: dict[str, ScenarioId | tuple[ScenarioId, ...]] = Field(init=False)

    id: ScenarioId
    scenario_id: ScenarioId
    service: str
    name: str
    status: TaskStatus
    queue: int = Field(ge=0)
    consumers: tuple[ScenarioId, ...]
    optional: bool
    worker: Worker
    prompt: str | None
    params: dict[str, JsonValue]
    created_at: datetime
    cause: str = ""


class Holder(Model):
    """The outside worker that has a task now, and until when."""

    worker: str
    until: datetime


class TaskState(TaskView):
    """A task with its result: `result_ref` is a key of our store or an outside worker's word.

    `result_url` is a link to what lies in our store; it expires.
    """

    result_ref: str = ""
    result_url: str | None = None
    holder: Holder | None = None


class TaskInput(Model):
    """A result that a task needs. `url` is a link to it, or `address` an outside worker's word."""

    task_id: ScenarioId
    name: str
    kind: ResultKind
    url: str | None
    media_type: str | None
    size_bytes: int | None
    address: str
    language: LanguageTag | None
    duration_s: float | None
    text: str
    words: tuple[Word, ...] | None


class ClaimedTask(TaskState):
    """A task that is yours until `holder.until`: send `claim` with all that you say of it.

    `inputs` are the results of the tasks that it waited for.
    """

    claim: str
    inputs: tuple[TaskInput, ...]


_LEASE: Final = Field(
    default=None,
    gt=0,
    le=86_400,
    description="for how many seconds the task is yours; null: as its template says",
)
_WORKER: Final = Field(default="", max_length=200, description="what the worker is called")


class ClaimWanted(Model):
    """Who takes a task, and for how long."""

    worker: str = _WORKER
    lease_s: float | None = _LEASE


class NextWanted(ClaimWanted):
    """Which services the worker does; none: all."""

    services: tuple[str, ...] = Field(default=(), max_length=50)


class TaskUpdate(ClaimWanted):
    """`processing` takes a task, or keeps it longer with its `claim`; the others end it.

    Without a `claim` an end is taken as long as the task was claimed once only.
    """

    status: TaskStatus
    claim: str = Field(default="", max_length=64)
    result_ref: str | None = Field(default=None, max_length=2_000)
    cause: str | None = Field(default=None, max_length=MAX_CAUSE_CHARS)


class ScenarioLinks(Model):
    """What can be asked about a scenario, as absolute addresses."""

    model_config = ConfigDict(serialize_by_alias=True)

    self_: str = Field(alias="self")
    graph: str
    cancel: str
    retry: str


class ScenarioSummary(Model):
    """A scenario in a list. `name` is its template's, `title` what it is about."""

    scenario_id: ScenarioId
    job_id: UUID
    user_id: str
    name: str
    version: str
    title: str
    status: ScenarioStatus
    created_at: datetime
    links: ScenarioLinks


class ScenarioAccepted(Model):
    """A scenario has been taken on. `warnings` are what is odd about its template."""

    scenario_id: ScenarioId
    job_id: UUID
    name: str
    version: str
    status: Literal["queued"] = "queued"
    tasks: tuple[TaskView, ...]
    warnings: tuple[Fault, ...]
    links: ScenarioLinks


class ScenarioState(ScenarioSummary):
    """A scenario with its tasks. `progress` is the per cent of them that have ended.

    `counts` are how many tasks have which status; `results` are links to what has come out
    of it, by names: they expire, and come with the end.
    """

    progress: int = Field(ge=0, le=100)
    counts: dict[TaskStatus, int]
    tasks: tuple[TaskView, ...]
    results: dict[str, str]
    cost_usd: float | None
    error: str | None
    warnings: tuple[Fault, ...]


class ScenarioPage(Model):
    """Scenarios, newest first. `next_page_token` is null on the last page."""

    scenarios: tuple[ScenarioSummary, ...]
    next_page_token: str | None


class TemplateInfo(Model):
    """A template by its name. One of yours comes before one of the house of the same name."""

    name: str
    is_own: bool


class TemplateList(Model):
    """The templates that `POST /generate` knows, by name."""

    templates: tuple[TemplateInfo, ...]
