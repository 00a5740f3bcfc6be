"""How many jobs may wait to begin, and how many a user may make in a day.

Prefect is asked how many there are, so that nothing is forgotten and nothing drifts: about
once a second for as many as come. In between, what this process has made is added. Another
process may make its own in that second, so that with several a limit is overshot by what
the others make in `FRESH_S`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from cachetools import LRUCache
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterParentTaskRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType

from api.jobs.posting import TAG, user_tag
from api.metrics import REFUSALS
from reels.errors import LimitReached
from reels.settings import LimitSettings

#: How old a count may be.
FRESH_S = 1.0
#: When to come back to a queue that is full.
QUEUE_RETRY_S = 30.0
_MOST_TALLIES = 20_000
_QUEUED = [StateType.SCHEDULED, StateType.PENDING]

Count = Callable[[FlowRunFilter], Awaitable[int]]


class Tally:
    """How many there are: as last counted, and what has been added since."""

    def __init__(self) -> None:
        self._counted = 0
        self._counted_at = float("-inf")
        self._added = 0
        self._adding = 0
        self._turn = asyncio.Lock()

    @property
    def value(self) -> int:
        return self._counted + self._added + self._adding

    async def freshen(self, count: Callable[[], Awaitable[int]]) -> None:
        """Count anew when the last count is too old. What is added meanwhile counts twice."""
        async with self._turn:
            began = time.monotonic()
            if began - self._counted_at < FRESH_S:
                return
            before = self._added
            self._counted = await count()
            self._counted_at = began
            self._added -= before

    def begin(self) -> None:
        self._adding += 1

    def end(self, *, added: bool) -> None:
        self._adding -= 1
        self._added += added


class Quotas:
    """`count` asks Prefect how many runs of jobs' flows there are."""

    def __init__(self, settings: LimitSettings, count: Count) -> None:
        self._settings = settings
        self._count = count
        self._all = Tally()
        self._queued: LRUCache[str, Tally] = LRUCache(_MOST_TALLIES)
        self._made: LRUCache[str, Tally] = LRUCache(_MOST_TALLIES)

    @asynccontextmanager
    async def place(self, user: str, *, is_new: bool = True) -> AsyncIterator[None]:
        """A place in the queue for a job of the user's, which the block puts there.

        A job that `is_new` counts for the day, too.

        Raises:
            LimitReached: there is none.
            Unavailable: Prefect does not answer.
        """
        queued = self._queued.setdefault(user, Tally())
        made = self._made.setdefault(f"{_today():%j} {user}", Tally())
        tallies = [self._all, queued, *([made] if is_new else ())]
        await self._freshen(user, queued, made if is_new else None)
        # From here on nobody else has a turn until the place is taken.
        self._require_place(queued, made if is_new else None)
        for each in tallies:
            each.begin()
        added = False
        try:
            yield
            added = True
        finally:
            for each in tallies:
                each.end(added=added)

    async def _freshen(self, user: str, queued: Tally, made: Tally | None) -> None:
        most, in_all = self._settings.queued_per_user, self._settings.queued_in_all
        if most or in_all:
            await self._all.freshen(lambda: self._count(_waiting([TAG])))
        # Where all wait for less than one may, there is nothing to ask for.
        if most and self._all.value >= most:
            await queued.freshen(lambda: self._count(_waiting([TAG, user_tag(user)])))
        if made is not None and self._settings.jobs_per_day:
            await made.freshen(lambda: self._count(_made_since(_today(), user)))

    def _require_place(self, queued: Tally, made: Tally | None) -> None:
        settings = self._settings
        if 0 < settings.queued_in_all <= self._all.value:
            REFUSALS.labels("queue").inc()
            raise LimitReached(
                "As many videos wait to begin as may.",
                retry_after_s=QUEUE_RETRY_S,
                remedy="Post it again later.",
            )
        if 0 < settings.queued_per_user <= min(queued.value, self._all.value):
            REFUSALS.labels("queue").inc()
            raise LimitReached(
                f"{queued.value} of your videos wait to begin, which is as many as may.",
                retry_after_s=QUEUE_RETRY_S,
                remedy="Post it again when some have begun, or cancel some.",
            )
        if made is not None and 0 < settings.jobs_per_day <= made.value:
            REFUSALS.labels("quota").inc()
            midnight = _today() + timedelta(days=1)
            raise LimitReached(
                f"You have made {made.value} videos today, which is as many as you may.",
                retry_after_s=(midnight - datetime.now(UTC)).total_seconds(),
                remedy="Post it again after midnight in UTC.",
            )


def _today() -> datetime:
    """When the day began, in UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _waiting(tags: list[str]) -> FlowRunFilter:
    """Runs that are scheduled or about to start. One that waits for a person is paused."""
    runs = _jobs(tags)
    runs.state = FlowRunFilterState(type=FlowRunFilterStateType(any_=_QUEUED))
    return runs


def _made_since(day: datetime, user: str) -> FlowRunFilter:
    """Runs by the time for which they were first scheduled: a retry does not change it."""
    runs = _jobs([TAG, user_tag(user)])
    runs.expected_start_time = FlowRunFilterExpectedStartTime(after_=day)
    return runs


def _jobs(tags: list[str]) -> FlowRunFilter:
    return FlowRunFilter(
        tags=FlowRunFilterTags(all_=tags),
        parent_task_run_id=FlowRunFilterParentTaskRunId(is_null_=True),
    )
