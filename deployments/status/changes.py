"""From a run's state history to the changes of a job's status."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State

from api.history import record_of
from reels.sinks.base import StatusChange
from reels.stages import Status

_USER_TAG = "user:"
#: Whose the jobs are that ops start in Prefect, as in the flows.
OPS = "ops"


def user_of(run: FlowRun) -> str:
    """Whose job a run is: by its tag when the API has made it, else by its parameters."""
    tags = (tag.removeprefix(_USER_TAG) for tag in run.tags if tag.startswith(_USER_TAG))
    return next(tags, "") or str(run.parameters.get("user_id") or OPS)


def changes_of(
    run: FlowRun, states: Iterable[State[Any]], video_url: Callable[[str, UUID], str | None]
) -> list[StatusChange]:
    """Every change of the job's status, in the order of time.

    `states` is the run's history in any order. Pauses, retries of Prefect's own and the like
    change no status. `video_url` gives the address of a user's finished video.
    """
    known = {state.id: state for state in (*states, *([run.state] if run.state else ()))}
    history = sorted(known.values(), key=lambda state: state.timestamp)
    past = run.model_copy(update={"state": None})
    user = user_of(run)
    changes: list[StatusChange] = []
    status: Status | None = None
    for number, state in enumerate(history, 1):
        job = record_of(past, user, history[:number])
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
                created_at=run.created or history[0].timestamp,
                changed_at=state.timestamp,
            )
        )
    return changes
