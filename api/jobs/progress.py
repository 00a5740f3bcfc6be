"""How far a job is: what its stage alone tells, and what its run has told since."""

from __future__ import annotations

from prefect.client.schemas.objects import StateType

from api.jobs.history import JobRecord
from api.jobs.job_events import Progress
from reels.stages import PROGRESS, STAGES, Status

_AFTER: dict[Status, Status] = dict(zip(STAGES, (*STAGES[1:], "ready"), strict=True))


def is_working(job: JobRecord) -> bool:
    """Whether its progress and its artifacts may change without a change of its state."""
    return job.state_type in (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)


def percent_of(job: JobRecord, told: Progress | None) -> int:
    """Per cent done; of `told` only what was told in the job's present stage counts."""
    base = job.progress
    if told is None or job.state_type != StateType.RUNNING or not job.stages:
        return base
    stage = job.stages[-1]
    entered = stage.started_at
    if told.stage != stage.name or (entered is not None and told.at < entered):
        return base
    return max(base, min(told.percent, PROGRESS[_AFTER[stage.name]] - 1))
