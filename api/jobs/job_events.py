"""Prefect's events of jobs. They may be lost, so they only say where to look."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from prefect.events.filters import (
    EventFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventRelatedFilter,
    EventResourceFilter,
)
from prefect.events.schemas.events import Event

from api.jobs.posting import TAG, user_tag

#: The tags that the deployments or the API give to runs that are jobs.
TAGS: Final = [TAG, "video"]
#: A run that nobody has begun in time stays queued. A busy queue tells of hundreds at once.
_LATE: Final = "prefect.flow-run.Late"
#: The event by which a running job tells its per cent.
PROGRESS: Final = "reelwright.progress"

_RUN: Final = "prefect.flow-run."
_TAG: Final = "prefect.tag."
_OWNER: Final = _TAG + user_tag("")


class Progress(NamedTuple):
    """Per cent done of a whole job, as its run told it in a stage."""

    percent: int
    stage: str
    at: datetime


class Told(NamedTuple):
    """What an event tells: of which job, and either its new state or its progress.

    `owner` is empty where the run's tags do not name one.
    """

    job_id: UUID
    owner: str
    state: UUID | None
    progress: Progress | None


def job_events() -> EventFilter:
    """The changes of state of runs that may be jobs."""
    return _of_jobs(_RUN)


def all_job_events() -> EventFilter:
    """The changes of state and the progress of runs that may be jobs."""
    return _of_jobs(_RUN, PROGRESS)


def progress_events(job_id: UUID, since: datetime) -> EventFilter:
    """What one job has told of its progress since then, the last one first."""
    return EventFilter(
        event=EventNameFilter(name=[PROGRESS]),
        resource=EventResourceFilter(id=[f"{_RUN}{job_id}"]),
        occurred=EventOccurredFilter(since=since),
    )


def run_of(resource_id: str) -> UUID | None:
    """The run that an event's resource is, if it is one."""
    try:
        return UUID(resource_id.removeprefix(_RUN))
    except ValueError:
        return None


def told_by(event: Event) -> Told | None:
    """What an event of `all_job_events` tells, if it is one that changes anything."""
    job_id = run_of(event.resource.id)
    if job_id is None or event.event == _LATE:
        return None
    if event.event == PROGRESS:
        progress = progress_of(event)
        return Told(job_id, _owner(event), None, progress) if progress else None
    # Prefect gives the event of a change the id of the state.
    is_state = "validated_state" in event.payload
    return Told(job_id, _owner(event), event.id if is_state else None, None)


def progress_of(event: Event) -> Progress | None:
    """The per cent in an event, which anybody who reaches Prefect may have sent."""
    percent, stage = event.payload.get("percent"), event.payload.get("stage")
    if isinstance(percent, bool) or not isinstance(percent, int) or not isinstance(stage, str):
        return None
    return Progress(min(max(percent, 0), 100), stage, event.occurred)


def _owner(event: Event) -> str:
    for each in event.related:
        if each.id.startswith(_OWNER):
            return each.id.removeprefix(_OWNER)
    return ""


def _of_jobs(*prefixes: str) -> EventFilter:
    return EventFilter(
        event=EventNameFilter(prefix=list(prefixes)),
        related=EventRelatedFilter(id=[f"{_TAG}{tag}" for tag in TAGS]),
    )
