"""One watched job: what is known of it, and a call that wakes those who watch."""

from __future__ import annotations

import asyncio
import time
from typing import Final
from uuid import UUID

from api.jobs.changes import Change, Past
from api.live.messages import Message, Say

#: Of progress told in a burst, one is passed on in so many seconds: the last.
PROGRESS_EVERY_S: Final = 0.3


class Bell:
    """Wakes all who wait. `rings` counts; who has missed some is woken at once."""

    def __init__(self) -> None:
        self.rings = 0
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self.rings += 1
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, rings: int) -> None:
        """Until it has rung more often than `rings`."""
        while self.rings == rings:
            await self._rung.wait()


class Topic:
    """`past` was read at `read_at` (monotonic)."""

    def __init__(self) -> None:
        self.watchers = 0
        self.bell = Bell()
        self.past: Past | None = None
        self.read_at = 0.0
        self._messages: dict[UUID, Message] = {}
        self._told_at = 0.0
        self._telling: asyncio.TimerHandle | None = None

    def keep(self, past: Past) -> None:
        """What has been read; whoever has not been told of a change is woken."""
        if self.past is not None:
            if past.tick < self.past.tick:
                return
            if len(past.changes) > len(self.past.changes):
                self.bell.ring()
        self.past, self.read_at = past, time.monotonic()

    def message(self, change: Change, say: Say) -> Message:
        """The change as all are told of it."""
        if change.id not in self._messages:
            self._messages[change.id] = Message("status", say(change.job), str(change.id))
        return self._messages[change.id]

    def tell_progress(self) -> None:
        """Wake the watchers, unless that was done just now: then in a moment."""
        if self._telling is None:
            delay_s = max(self._told_at + PROGRESS_EVERY_S - time.monotonic(), 0)
            self._telling = asyncio.get_running_loop().call_later(delay_s, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._told_at = time.monotonic()
        self.bell.ring()
