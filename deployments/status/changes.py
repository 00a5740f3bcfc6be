"""From a run's state history to the changes of a job's status."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State

from api.jobs.changes import life_of
from api.jobs.owning import owner_of
from reels.sinks.base import StatusChange
from reels.stages import Status


def _address(run: FlowRun) -> str | None:
    """Where the job's user wants its changes posted."""
    url = run.parameters.get("webhook_url")
    return url if isinstance(url, str) and url else None


def changes_of(
    run: FlowRun, states: Iterable[State[Any]], video_url: Callable[[str, UUID], str | None]
) -> list[StatusChange]:
    """Every change of the job's status, in the order of time.

    `states` is the run's history in any order. Pauses, retries of Prefect's own and the like
    change no status. `video_url` gives the address of a user's finished video.
    """
    user = owner_of(run)
    changes: list[StatusChange] = []
    status: Status | None = None
    began: datetime | None = None
    for state, job in life_of(run, user, states):
        began = began or run.created or state.timestamp
        if job.status == status:
            continue
        status = job.status
        changes.append(
            StatusChange(
                id=state.id,
                job_id=run.id,
                user_id=user,
                status=status,
                video_url=video_url(user, run.id) if status == "ready" else None,
                error_message=job.error.message if job.error else None,
                webhook_url=_address(run),
                created_at=began,
                changed_at=state.timestamp,
            )
        )
    return changes
