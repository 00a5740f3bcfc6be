"""Prefect's events of jobs. They may be lost, so they only say where to look."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from prefect.events.filters import EventFilter, EventNameFilter, EventRelatedFilter

from api.posting import TAG

#: The tags that the deployments or the API give to runs that are jobs.
TAGS: Final = [TAG, "video"]

_RUN: Final = "prefect.flow-run."


def job_events() -> EventFilter:
    """The events of runs that may be jobs."""
    return EventFilter(
        event=EventNameFilter(prefix=[_RUN]),
        related=EventRelatedFilter(id=[f"prefect.tag.{tag}" for tag in TAGS]),
    )


def run_of(resource_id: str) -> UUID | None:
    """The run that an event's resource is, if it is one."""
    try:
        return UUID(resource_id.removeprefix(_RUN))
    except ValueError:
        return None
