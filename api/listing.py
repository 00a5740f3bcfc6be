"""Pages of a user's jobs, newest first, without loss while jobs come and change.

Prefect pages by offset, which slides when jobs are added or change their state. A token
therefore holds the last id too: ids grow with time, so the place is found again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterParentTaskRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from pydantic import Field, ValidationError

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

#: Reads at most `limit` runs, newest first, from an offset.
ReadRuns = Callable[[int, int], Awaitable[list[FlowRun]]]


class Position(Model):
    """Where a page ended: the last job on it, and about how many runs lie before its end."""

    last: UUID
    offset: int = Field(ge=0)
    status: Status | None = None

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
    tags: list[str], flow_id: UUID, status: Status | None
) -> tuple[FlowFilter, FlowRunFilter]:
    """Runs of the flow itself that carry all `tags` and may be of this status."""
    state = None
    if status is not None:
        state = FlowRunFilterState(type=FlowRunFilterStateType(any_=types_of(status)))
    return FlowFilter(id=FlowFilterId(any_=[flow_id])), FlowRunFilter(
        tags=FlowRunFilterTags(all_=tags),
        parent_task_run_id=FlowRunFilterParentTaskRunId(is_null_=True),
        state=state,
    )


async def runs_after(
    read: ReadRuns, position: Position | None
) -> AsyncIterator[tuple[FlowRun, int]]:
    """Runs older than the position's, each with the offset that follows it."""
    last = position.last if position else None
    offset = max(0, position.offset - 1) if position else 0
    while True:
        runs = await read(offset, WINDOW)
        if last is not None and offset > 0 and (not runs or runs[0].id < last):
            # Runs before our place have left the list: step back until we see it again.
            offset = max(0, offset - WINDOW)
            continue
        for index, run in enumerate(runs, 1):
            if last is None or run.id < last:
                yield run, offset + index
                last = run.id
        if len(runs) < WINDOW:
            return
        offset += len(runs) - 1
