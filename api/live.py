"""Everybody who watches a job hears of its changes from one subscription to Prefect's events.

An event says which job to look at; its state history, read once for all who watch it, says
what happened. Whenever the stream has been away, every watched job is looked at.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from uuid import UUID

from prefect.events.clients import PrefectEventSubscriber

from api.history import JobRecord
from api.job_events import job_events, run_of

log = logging.getLogger("api")

#: How long to wait before the stream is opened again, one failure after the other.
AGAIN_S = (0.2, 1.0, 2.0, 5.0)


class Change(NamedTuple):
    """A job as it was when it entered the state `id`."""

    id: UUID
    job: JobRecord


#: Reads all changes of a job, in order.
Read = Callable[[], Awaitable[tuple[Change, ...]]]


class Topic:
    """One watched job: how often it was named, and what was last read of it."""

    def __init__(self) -> None:
        self.watchers = 0
        self.version = 0
        self._wake = asyncio.Event()
        self._reading = asyncio.Lock()
        self._read_version = -1
        self._changes: tuple[Change, ...] = ()

    def name(self) -> None:
        """It may have changed."""
        self.version += 1
        self._wake.set()
        self._wake = asyncio.Event()

    async def wait(self, version: int) -> None:
        """Until it has been named since `version`."""
        while self.version == version:
            await self._wake.wait()

    async def read(self, read: Read) -> tuple[Change, ...]:
        """What is known of it now; of several at once one reads."""
        async with self._reading:
            if self._read_version != self.version:
                version = self.version
                self._changes = await read()
                self._read_version = version
            return self._changes


class Live:
    """The watched jobs. Prefect is subscribed to while somebody watches, and from then on."""

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url
        self._topics: dict[UUID, Topic] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextmanager
    def topic(self, job_id: UUID) -> Iterator[Topic]:
        """The job as a topic, as long as the body watches it."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        topic = self._topics.setdefault(job_id, Topic())
        topic.watchers += 1
        try:
            yield topic
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                self._topics.pop(job_id, None)

    async def changes(
        self, job_id: UUID, read: Read, after: UUID | None, quiet_s: float
    ) -> AsyncIterator[Change | None]:
        """The job's changes after the state `after`, as they come, until it has ended.

        An `after` that is not the job's counts as none. None comes whenever nothing has
        changed for `quiet_s`.
        """
        with self.topic(job_id) as topic:
            while True:
                version = topic.version
                known = await topic.read(read)
                ids = [change.id for change in known]
                start = ids.index(after) + 1 if after in ids else 0
                for change in known[start:]:
                    yield change
                    after = change.id
                if known and known[-1].job.has_ended:
                    return
                while True:
                    try:
                        await asyncio.wait_for(topic.wait(version), quiet_s)
                        break
                    except TimeoutError:
                        yield None

    async def changed(self, job_id: UUID, read: Read, wait_s: float) -> None:
        """Until the job's next change; at once when it has ended, and after `wait_s` at most."""
        with self.topic(job_id) as topic, suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                version = topic.version
                before = await topic.read(read)
                while not (before and before[-1].job.has_ended):
                    await topic.wait(version)
                    version = topic.version
                    now = await topic.read(read)
                    if len(now) > len(before):
                        return

    async def close(self) -> None:
        """End the subscription."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            self._listening = None

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with PrefectEventSubscriber(
                    self._api_url, job_events(), reconnection_attempts=0
                ) as events:
                    failures = 0
                    for topic in self._topics.values():
                        topic.name()
                    async for event in events:
                        run = run_of(event.resource.id)
                        if run in self._topics:
                            self._topics[run].name()
            # Of the stream anything may come; those who watch are told when it is back.
            except Exception as error:
                if not failures:
                    log.warning("Prefect's events are away (%s).", type(error).__name__)
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1
