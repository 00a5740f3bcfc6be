"""Which jobs a list holds, and where a page of it ended.

Prefect pages by offset, which slides when jobs are added or change their state, and its
ids have no order. A token therefore holds the last job's time, and which jobs had it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from pydantic import AwareDatetime, ValidationError

from api.jobs.posting import user_tag
from reels.errors import InvalidInput
from reels.models import Model
from reels.stages import Status

_ACTIVE = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]
_TYPES: dict[Status, list[StateType]] = {
    "ready": [StateType.COMPLETED],
    "failed": [StateType.FAILED, StateType.CRASHED],
    "cancelling": [StateType.CANCELLING],
    "cancelled": [StateType.CANCELLED],
    "draft_review": [*_ACTIVE, StateType.PAUSED],
    "subtitles_review": [*_ACTIVE, StateType.PAUSED],
}


class Wanted(Model):
    """What a list is asked for; an `owner` of None is everybody's. Times are inclusive."""

    owner: str | None
    status: Status | None = None
    text: str = ""
    created_after: AwareDatetime | None = None
    created_before: AwareDatetime | None = None

    def has(self, title: str) -> bool:
        """Whether a title holds the text, whatever the case of its letters."""
        return self.text.casefold() in title.casefold()

    def digest(self) -> str:
        """Tells one list from another in a token, without saying what was asked for."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class Position(Model):
    """Where a page ended: the last job's time, and which jobs of that time were shown."""

    at: datetime
    shown: tuple[UUID, ...]
    of: str

    def after(self, run: FlowRun) -> Position:
        """The position that follows `run`, which lies at or after this one."""
        at = _time_of(run)
        shown = (*self.shown, run.id) if at == self.at else (run.id,)
        return Position(at=at, shown=shown, of=self.of)

    @classmethod
    def behind(cls, run: FlowRun, wanted: Wanted) -> Position:
        """The position that follows `run`, the first of a list."""
        return cls(at=_time_of(run), shown=(run.id,), of=wanted.digest())

    def token(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def of_token(cls, token: str, wanted: Wanted) -> Position:
        """The position in a token that was handed out for the same list.

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
        if position.of != wanted.digest():
            raise InvalidInput(
                "page_token",
                "The token belongs to a list with other filters.",
                remedy="Ask with the same filters as for the first page.",
            )
        return position


def types_of(status: Status) -> list[StateType]:
    """The Prefect state types that a job of this status can be in."""
    return _TYPES.get(status, _ACTIVE)


def filters(
    flow_ids: list[UUID], wanted: Wanted, position: Position | None
) -> tuple[FlowFilter, FlowRunFilter]:
    """Runs of the flows themselves after the position: all that are wanted, and perhaps more.

    Whether the status and the text are the very ones is for the reader to see.
    """
    runs = FlowRunFilter()
    if wanted.owner is not None:
        runs.tags = FlowRunFilterTags(all_=[user_tag(wanted.owner)])
    if wanted.status is not None:
        runs.state = FlowRunFilterState(type=FlowRunFilterStateType(any_=types_of(wanted.status)))
    if wanted.text:
        runs.name = FlowRunFilterName(like_=_pattern(wanted.text))
    before = position.at if position else wanted.created_before
    if before or wanted.created_after:
        runs.expected_start_time = FlowRunFilterExpectedStartTime(
            before_=before, after_=wanted.created_after
        )
    if position is not None:
        runs.id = FlowRunFilterId(not_any_=list(position.shown))
    return FlowFilter(id=FlowFilterId(any_=flow_ids)), runs


def _pattern(text: str) -> str:
    """For SQL's LIKE, where `_` is any character.

    SQLite folds the case of Latin letters only; so of other words the first letter is left
    open. A backslash at the end is an error in Postgres.
    """
    words = (word if word.isascii() else "_" + word[1:] for word in text.split(" "))
    return " ".join(words).replace("\\", "_")


def _time_of(run: FlowRun) -> datetime:
    # Set with a run's first state and never changed, unlike its start and its next start.
    assert run.expected_start_time is not None
    return run.expected_start_time
