"""Reads of single runs, put together: who comes while one is under way goes with the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from prefect.client.schemas.objects import FlowRun

#: How many runs are read at once: as many as one that waits alone costs a tenth of.
MOST = 50

#: Reads those of the runs that there are, in any order.
ReadMany = Callable[[Sequence[UUID]], Awaitable[Sequence[FlowRun]]]


class Batches:
    """One read at a time. Who waits alone waits for nobody.

    A run is read after it was asked for, never before.
    """

    def __init__(self, read: ReadMany) -> None:
        self._read = read
        self._waiting: dict[UUID, asyncio.Future[FlowRun | None]] = {}
        self._working: asyncio.Task[None] | None = None

    async def one(self, run_id: UUID) -> FlowRun | None:
        """The run, or None when there is none. Raises what the reading raises."""
        waiting = self._waiting.get(run_id)
        if waiting is None:
            waiting = self._waiting[run_id] = asyncio.get_running_loop().create_future()
            # Whoever asked may be gone by the time that it fails.
            waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
            if self._working is None:
                self._working = asyncio.create_task(self._work())
        return await asyncio.shield(waiting)

    async def _work(self) -> None:
        try:
            while self._waiting:
                ids = list(self._waiting)[:MOST]
                asked = {run_id: self._waiting.pop(run_id) for run_id in ids}
                await self._answer(asked)
        finally:
            self._working = None

    async def _answer(self, asked: dict[UUID, asyncio.Future[FlowRun | None]]) -> None:
        try:
            found = {run.id: run for run in await self._read(list(asked))}
        except BaseException as error:
            for waiting in asked.values():
                waiting.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for run_id, waiting in asked.items():
            waiting.set_result(found.get(run_id))
