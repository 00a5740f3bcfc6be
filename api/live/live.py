"""What happens to jobs, heard from one subscription and read once for all who want to know.

An event says which job to look at; its state history says what happened. Whenever the
stream has been away, every watched job is looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from cachetools import LRUCache
from prefect.client.schemas.objects import StateType

from api.jobs.changes import Past
from api.jobs.history import JobRecord
from api.jobs.job_events import Progress, Told
from api.jobs.progress import percent_of
from api.live.channels import Channel
from api.live.flights import Flights
from api.live.hearing import Hearing
from api.live.messages import Message, Say, of_progress
from api.live.named import Named
from api.live.topics import Topic
from reels.errors import Unavailable

#: Events may be lost: what is watched is read again when nothing has been heard for so long.
RECHECK_S: Final = 60.0
#: When to try again what Prefect has refused.
AGAIN_S: Final = 2.0
#: Prefect tells of a state a moment before it can be read: how long to wait, time after time.
_UNREAD_S: Final = (0.01, 0.02, 0.03, *[0.05] * 28)
_MOST_JOBS: Final = 20_000


class Source(Protocol):
    """Prefect, as far as it is asked here: `api.jobs.gateway.PrefectGateway`."""

    api_url: str

    async def past(self, job_id: UUID) -> Past: ...

    async def progress(self, job_id: UUID, since: datetime) -> Progress | None: ...


class Live:
    """One per app. It listens from `start` to `close`; Prefect may be away."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hearing = Hearing(source.api_url, self)
        self._flights: Flights[UUID, Past] = Flights()
        self._expected: LRUCache[UUID, UUID] = LRUCache(_MOST_JOBS)
        self._progress: LRUCache[UUID, Progress | None] = LRUCache(_MOST_JOBS)
        self._topics: dict[UUID, Topic] = {}
        self._channels: dict[str, Channel] = {}
        self._followers: list[Callable[[UUID | None], None]] = []
        self.named = Named()
        #: Whether all streams are being ended, because the process ends.
        self.is_closing = False

    @property
    def hears_since(self) -> float | None:
        """From when on (Unix seconds) every event has been heard; None while they are away."""
        return self._hearing.since

    def start(self) -> None:
        self._hearing.start()

    def follow(self, follower: Callable[[UUID | None], None]) -> None:
        """Call `follower` with each job that is named, None is all; it MUST return at once."""
        self._followers.append(follower)

    def end_streams(self) -> None:
        """Every stream ends; clients resume them elsewhere."""
        self.is_closing = True
        self._ring_all()
        for channel in self._channels.values():
            channel.close()

    async def close(self) -> None:
        self.end_streams()
        await self._hearing.close()

    def name(self, job_id: UUID) -> None:
        """Something has happened to this job: what was read before counts no more."""
        self.named.name(job_id)
        self._flights.leave(job_id)
        if topic := self._topics.get(job_id):
            topic.bell.ring()
        for follower in self._followers:
            follower(job_id)

    def hear(self, told: Told) -> None:
        if told.progress is not None:
            self._progress[told.job_id] = told.progress
            if topic := self._topics.get(told.job_id):
                topic.tell_progress()
        else:
            if told.state is not None:
                self._expected[told.job_id] = told.state
            self.name(told.job_id)
        for channel in self._channels_of(told.owner):
            channel.hear(told)

    def hear_of_gap(self) -> None:
        self.named.name_all()
        self._flights.leave_all()
        self._progress.clear()
        for follower in self._followers:
            follower(None)
        for channel in self._channels.values():
            channel.hear_of_gap()
        self._ring_all()

    async def past(self, job_id: UUID) -> Past:
        """The job as it is: at least all that was heard of it before. Of several one reads.

        Raises:
            NotFound: there is no such job.
            Unavailable: Prefect does not answer.
        """
        return await self._flights.join(job_id, lambda: self._read(job_id))

    async def percent(self, job: JobRecord) -> int:
        """Per cent done. What was told before this process began is asked for."""
        if job.state_type != StateType.RUNNING or not job.stages:
            return job.progress
        if job.id not in self._progress:
            entered = job.stages[-1].started_at
            with suppress(Unavailable):
                if entered is not None:
                    told = await self._source.progress(job.id, entered)
                    if self.hears_since is None:
                        return percent_of(job, told)
                    self._progress.setdefault(job.id, told)
        return self.percent_heard(job)

    def percent_heard(self, job: JobRecord) -> int:
        """As `percent`, without asking."""
        return percent_of(job, self._progress.get(job.id))

    async def messages(
        self, job_id: UUID, seen: Past, say: Say, after: UUID | None, quiet_s: float
    ) -> AsyncIterator[Message | None]:
        """The job's changes after the state `after`, and its progress, until it has ended.

        `seen` was read just now. An `after` that is not the job's counts as none. None comes
        whenever there has been nothing to tell for `quiet_s`.
        """
        percent = 0
        with self._topic(job_id) as topic:
            topic.keep(seen)
            while not self.is_closing:
                rings = topic.bell.rings
                past = await self._known(job_id, topic)
                if past is not None:
                    ids = [change.id for change in past.changes]
                    start = ids.index(after) + 1 if after in ids else 0
                    for change in past.changes[start:]:
                        yield topic.message(change, say)
                        after, percent = change.id, change.job.progress
                    if past.job.has_ended:
                        return
                    if (now := self.percent_heard(past.job)) > max(percent, past.job.progress):
                        percent = now
                        yield of_progress(past.job, percent)
                try:
                    wait_s = quiet_s if past is not None else min(AGAIN_S, quiet_s)
                    await asyncio.wait_for(topic.bell.wait(rings), wait_s)
                except TimeoutError:
                    yield None

    async def changed(self, job_id: UUID, wait_s: float) -> None:
        """Until the job's next change; at once when it has ended, and after `wait_s` at most."""
        with self._topic(job_id) as topic, suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                rings = topic.bell.rings
                before = await self._known(job_id, topic)
                while before is not None and not before.job.has_ended and not self.is_closing:
                    await topic.bell.wait(rings)
                    rings = topic.bell.rings
                    now = await self._known(job_id, topic)
                    if now is None or len(now.changes) > len(before.changes):
                        return

    async def all_messages(
        self, user: str, say: Say, after: str, quiet_s: float
    ) -> AsyncIterator[Message | None]:
        """As `messages`, of all jobs of a user from now on, without an end."""
        channel = self._channels.get(user)
        if channel is None:
            channel = self._channels[user] = Channel(user, self.past, self.percent_heard, say)
        channel.listeners += 1
        try:
            async for message in channel.messages(after, quiet_s):
                yield message
        finally:
            channel.listeners -= 1
            if not channel.listeners:
                self._channels.pop(user, None)
                channel.close()

    def _channels_of(self, owner: str) -> Iterator[Channel]:
        """Who must hear of a job of this owner's; when nobody knows whose it is, all look."""
        if owner:
            if channel := self._channels.get(owner):
                yield channel
        else:
            yield from self._channels.values()

    @contextmanager
    def _topic(self, job_id: UUID) -> Iterator[Topic]:
        topic = self._topics.setdefault(job_id, Topic())
        topic.watchers += 1
        try:
            yield topic
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                self._topics.pop(job_id, None)

    async def _known(self, job_id: UUID, topic: Topic) -> Past | None:
        """As it is, read by whoever of the watchers comes first; None when Prefect is away."""
        is_old = topic.read_at + RECHECK_S < time.monotonic()
        if topic.past is None or is_old or self.named.since(job_id, topic.past.tick):
            try:
                return await self.past(job_id)
            except Unavailable:
                return None
        return topic.past

    async def _read(self, job_id: UUID) -> Past:
        for delay_s in (*_UNREAD_S, None):
            tick = self.named.now
            past = (await self._source.past(job_id))._replace(tick=tick)
            expected = self._expected.get(job_id)
            if expected is None or expected in past.states:
                break
            if delay_s is None:
                # The change was told of and then undone.
                self._expected.pop(job_id, None)
            else:
                await asyncio.sleep(delay_s)
        if topic := self._topics.get(job_id):
            topic.keep(past)
        return past

    def _ring_all(self) -> None:
        for topic in self._topics.values():
            topic.bell.ring()
