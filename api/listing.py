"""Pages of a user's jobs, newest first, without loss while jobs come and change.

Prefect pages by offset, which slides when jobs are added or change their state, and its
ids have no order. A token therefore holds the last job's time, and which jobs had it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterParentTaskRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from pydantic import ValidationError

from reels.errors import InvalidInput
from reels.models import Model
from reels.stages import Status

#: How many runs are read at once; Prefect gives at most 200.
WINDOW = 100

_ACTIVE = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]
_TYPES: dict[Status, list[StateType]] = {
    "ready": [StateType.COMPLETED],
    "failed": [StateType.FAILED, StateType.CRASHED],
    "cancelling": [StateType.CANCELLING],
    "cancelled": [StateType.CANCELLED],
    "draft_review": [*_ACTIVE, StateType.PAUSED],
    "subtitles_review": [*_ACTIVE, StateType.PAUSED],
}

#: Reads at most so many runs, newest first, that lie after a position.
ReadRuns = Callable[["Position | None", int], Awaitable[list[FlowRun]]]


class Position(Model):
    """Where a page ended: the last job's time, and which jobs of that time were shown."""

    at: datetime
    shown: tuple[UUID, ...]
    status: Status | None = None

    def after(self, run: FlowRun) -> Position:
        """The position that follows `run`, which lies at or after this one."""
        at = _time_of(run)
        shown = (*self.shown, run.id) if at == self.at else (run.id,)
        return Position(at=at, shown=shown, status=self.status)

    @classmethod
    def behind(cls, run: FlowRun, status: Status | None) -> Position:
        """The position that follows `run`, the first of a list."""
        return cls(at=_time_of(run), shown=(run.id,), status=status)

    def token(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def of_token(cls, token: str, status: Status | None) -> Position:
        """The position in a token that was handed out for the same filter.

        Raises:
            InvalidInput: naming `page_token`.
        """
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            position = cls.model_validate_json(raw, strict=True)
        except (binascii.Error, ValidationError, ValueError):
            raise InvalidInput(
                "page_token", "This is no page token of ours.", remedy="Start without one."
            ) from None
        if position.status != status:
            raise InvalidInput(
                "page_token",
                "The token belongs to a list with another status.",
                remedy="Ask with the same status as for the first page.",
            )
        return position


def types_of(status: Status) -> list[StateType]:
    """The Prefect state types that a job of this status can be in."""
    return _TYPES.get(status, _ACTIVE)


def filters(
    tags: list[str], flow_ids: list[UUID], status: Status | None, position: Position | None
) -> tuple[FlowFilter, FlowRunFilter]:
    """Runs of the flows themselves with all `tags`, perhaps of this status, after the position."""
    of_flow = FlowFilter(id=FlowFilterId(any_=flow_ids))
    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(all_=tags),
        parent_task_run_id=FlowRunFilterParentTaskRunId(is_null_=True),
    )
    if status is not None:
        wanted.state = FlowRunFilterState(type=FlowRunFilterStateType(any_=types_of(status)))
    if position is not None:
        wanted.expected_start_time = FlowRunFilterExpectedStartTime(before_=position.at)
        wanted.id = FlowRunFilterId(not_any_=list(position.shown))
    return of_flow, wanted


async def runs_after(
    read: ReadRuns, position: Position | None, status: Status | None
) -> AsyncIterator[tuple[FlowRun, Position]]:
    """Runs after the position, each with the position that follows it."""
    while True:
        runs = await read(position, WINDOW)
        for run in runs:
            position = position.after(run) if position else Position.behind(run, status)
            yield run, position
        if len(runs) < WINDOW:
            return


def _time_of(run: FlowRun) -> datetime:
    # Set with a run's first state and never changed, unlike its start and its next start.
    assert run.expected_start_time is not None
    return run.expected_start_time
