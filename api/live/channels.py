"""All jobs of one user, for those who listen to them together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from uuid import UUID

from cachetools import LRUCache

from api.jobs.changes import Past
from api.jobs.history import JobRecord
from api.jobs.job_events import Told
from api.live.messages import MISSED, Message, Say, of_progress
from api.live.topics import PROGRESS_EVERY_S, Bell
from reels.errors import NotFound

#: Who is further behind than so many messages has missed some.
KEPT: Final = 500
_JOBS: Final = 2_000
_AT_ONCE: Final = 8

Read = Callable[[UUID], Awaitable[Past]]


class Channel:
    """Reads each job of `user` that is named, once for all who listen, and keeps what to tell."""

    def __init__(
        self, user: str, read: Read, percent: Callable[[JobRecord], int], say: Say
    ) -> None:
        self.listeners = 0
        self._user = user
        self._read = read
        self._percent = percent
        self._say = say
        self._bell = Bell()
        self._kept: deque[Message] = deque(maxlen=KEPT)
        self._count = 0
        self._known: LRUCache[UUID, Past] = LRUCache(_JOBS)
        self._told: LRUCache[UUID, int] = LRUCache(_JOBS)
        self._pending: dict[UUID, UUID | None] = {}
        self._further: set[UUID] = set()
        self._telling: asyncio.TimerHandle | None = None
        self._named = asyncio.Event()
        self._working = asyncio.create_task(self._work())
        self._is_closed = False

    def hear(self, told: Told) -> None:
        """An event of a job that is the user's, or nobody knows whose."""
        if told.progress is None:
            # The first state that has not been told of yet is where the telling starts.
            self._pending[told.job_id] = self._pending.get(told.job_id) or told.state
            self._named.set()
            return
        self._further.add(told.job_id)
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(PROGRESS_EVERY_S, self._look_at_further)

    def hear_of_gap(self) -> None:
        """Changes may have passed unheard."""
        self._known.clear()
        self._keep(MISSED)

    def close(self) -> None:
        """End all streams, and the reading."""
        self._is_closed = True
        self._working.cancel()
        if self._telling is not None:
            self._telling.cancel()
        self._bell.ring()

    async def messages(self, after: str, quiet_s: float) -> AsyncIterator[Message | None]:
        """What happens from now on, or after the message `after` when it is still known.

        None comes whenever there has been nothing for `quiet_s`. `MISSED` comes first when
        `after` is not known any more, and whenever something may have been missed.
        """
        place = self._place_after(after)
        while not self._is_closed:
            rings = self._bell.rings
            if place < self._first:
                place = self._count
                yield MISSED
            elif place < self._count:
                place += 1
                yield self._kept[place - 1 - self._first]
            else:
                try:
                    await asyncio.wait_for(self._bell.wait(rings), quiet_s)
                except TimeoutError:
                    yield None

    @property
    def _first(self) -> int:
        return self._count - len(self._kept)

    def _place_after(self, after: str) -> int:
        """Where to go on; before the first one when that is not known."""
        if not after:
            return self._count
        numbered = enumerate(self._kept, self._first + 1)
        return next((number for number, each in numbered if each.id == after), -1)

    def _keep(self, message: Message) -> None:
        self._kept.append(message)
        self._count += 1
        self._bell.ring()

    def _look_at_further(self) -> None:
        self._telling = None
        for job_id in self._further:
            self._pending.setdefault(job_id, None)
        self._further.clear()
        self._named.set()

    async def _work(self) -> None:
        while True:
            await self._named.wait()
            self._named.clear()
            while self._pending:
                jobs = [self._pending.popitem() for _ in range(min(_AT_ONCE, len(self._pending)))]
                await asyncio.gather(*(self._look(*job) for job in jobs))

    async def _look(self, job_id: UUID, state: UUID | None) -> None:
        """Tell of the changes from `state` on, or with none of the progress."""
        known = self._known.get(job_id)
        try:
            past = known if known and state is None else await self._read(job_id)
        except NotFound:
            return
        # Whatever it is, those who listen are told; the next event is another chance.
        except Exception:
            self._keep(MISSED)
            return
        if past.job.user != self._user:
            return
        self._known[job_id] = past
        self._tell_changes(past, known, state)
        percent = self._percent(past.job)
        if percent > self._told.get(job_id, 0) and percent > past.job.progress:
            self._told[job_id] = percent
            self._keep(of_progress(past.job, percent))

    def _tell_changes(self, past: Past, known: Past | None, state: UUID | None) -> None:
        ids = [change.id for change in past.changes]
        start = len(known.changes) if known else ids.index(state) if state in ids else len(ids)
        for change in past.changes[start:]:
            self._told[change.job.id] = change.job.progress
            self._keep(Message("status", self._say(change.job), str(change.id)))
