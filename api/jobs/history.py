"""From a flow run and its state history to a job: Prefect's states in the house's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State, StateType

from api.models import JobError, Review, StageTimes
from reels.models import Gate
from reels.stages import PROGRESS, STAGE_OF_STATE, Stage, Status

ENDED = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED})
RETRIABLE = frozenset({StateType.FAILED, StateType.CRASHED, StateType.CANCELLED})

_FIXED: dict[StateType, Status] = {
    StateType.COMPLETED: "ready",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLING: "cancelling",
    StateType.CANCELLED: "cancelled",
}

#: The stage in which each gate's review is.
REVIEWS: dict[Gate, Stage] = {"draft": "draft_review", "subtitles": "subtitles_review"}

#: What Prefect puts before an exception's own words, with the exception's class.
_PREFIX = re.compile(r"(?:Flow|Task) run encountered an exception:?\s*(?:[A-Za-z_][\w.]*: )?")
MAX_MESSAGE_CHARS = 2_000
#: How the flow names its pauses: gate, number, and which time it asks.
_PAUSE_KEY = re.compile(r"(draft|subtitles)-([1-9][0-9]{0,5})-")
#: How the flow's last message starts when a person has rejected.
_REJECTED = ("The draft was rejected", "The subtitles were rejected")


@dataclass(frozen=True)
class JobRecord:
    """A job as Prefect knows it.

    `asked`: the last stage has paused for a person. `review`: what is asked right now.
    """

    id: UUID
    user: str
    name: str
    created_at: datetime | None
    parameters: dict[str, Any]
    state_type: StateType
    status: Status
    stage: Stage | None
    stages: tuple[StageTimes, ...]
    asked: bool
    review: Review | None
    error: JobError | None

    @property
    def progress(self) -> int:
        """Per cent done; a job that ended early stays where it ended."""
        reached: Status = self.status if self.status in PROGRESS else (self.stage or "queued")
        return PROGRESS[reached]

    @property
    def waits(self) -> bool:
        """Whether a person is awaited right now."""
        return self.state_type == StateType.PAUSED

    @property
    def was_rejected(self) -> bool:
        """Whether it ended by a person's decision, which is kept and holds for a retry too."""
        message = self.error.message if self.error else ""
        return self.state_type == StateType.CANCELLED and message.startswith(_REJECTED)

    @property
    def has_ended(self) -> bool:
        return self.state_type in ENDED


def needs_history(run: FlowRun) -> bool:
    """Whether the run's present state does not tell the job's stage."""
    state = run.state
    if state is None or state.type == StateType.COMPLETED:
        return False
    if state.type == StateType.RUNNING:
        return state.name not in STAGE_OF_STATE
    if state.type == StateType.PAUSED:
        return _review(state) is None
    return not (state.type == StateType.SCHEDULED and run.run_count == 0)


def is_untouched(run: FlowRun) -> bool:
    """Whether nothing has happened to the run since it was made, so that it has one state."""
    state = run.state
    if state is None or state.type != StateType.SCHEDULED or run.run_count:
        return False
    return state.name == "Scheduled"


def record_of(run: FlowRun, user: str, states: Iterable[State[Any]] = ()) -> JobRecord:
    """The job of `run`, whose state history is `states` in any order."""
    known = {state.id: state for state in (*states, *([run.state] if run.state else ()))}
    history = sorted(known.values(), key=lambda state: state.timestamp)
    # The run was read before its history, which may know more: the later state counts.
    now = history[-1] if history else None
    stages = _stages(history)
    review = _review(now)
    stage = stages[-1].name if stages else REVIEWS[review.gate] if review else None
    state_type = now.type if now else StateType.SCHEDULED
    return JobRecord(
        id=run.id,
        user=user,
        name=run.name,
        created_at=run.created,
        parameters=run.parameters,
        state_type=state_type,
        status=_FIXED.get(state_type) or stage or "queued",
        stage=stage,
        stages=stages,
        asked=_has_paused_in_last_stage(history),
        review=review,
        error=_error(now, stage),
    )


def _stages(history: list[State[Any]]) -> tuple[StageTimes, ...]:
    """Each stage from when it was entered to when another one was, or the job ended."""
    entered: list[tuple[Stage, datetime]] = []
    for state in history:
        stage = STAGE_OF_STATE.get(state.name or "")
        if stage is not None and (not entered or entered[-1][0] != stage):
            entered.append((stage, state.timestamp))
    over = history[-1].timestamp if history and history[-1].type in ENDED else None
    ends = [at for _, at in entered[1:]] + [over]
    return tuple(
        StageTimes(name=name, started_at=at, ended_at=end)
        for (name, at), end in zip(entered, ends, strict=False)
    )


def _has_paused_in_last_stage(history: list[State[Any]]) -> bool:
    for state in reversed(history):
        if state.type == StateType.PAUSED:
            return True
        if state.name in STAGE_OF_STATE or state.type in ENDED:
            return False
    return False


def _review(state: State[Any] | None) -> Review | None:
    if state is None or state.type != StateType.PAUSED:
        return None
    key = _PAUSE_KEY.match(state.state_details.pause_key or "")
    return Review.model_validate({"gate": key[1], "number": int(key[2])}) if key else None


def _error(state: State[Any] | None, stage: Stage | None) -> JobError | None:
    if state is None or state.type not in RETRIABLE:
        return None
    if state.type == StateType.CRASHED:
        message = (
            "The process that made this video was ended before it had finished. "
            "POST to :retry to resume; what was done is kept."
        )
    elif state.type == StateType.FAILED:
        message = plain(state.message) or "The job failed without a reason."
    else:
        message = plain(state.message) or "The job was cancelled."
    return JobError(stage=stage, message=message)


def plain(message: str | None) -> str:
    """A state's message without what Prefect puts around an exception's own words."""
    return _PREFIX.sub("", message or "").strip()[:MAX_MESSAGE_CHARS]
