"""Pages of jobs, newest first, without loss while jobs come and change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from cachetools import LRUCache
from prefect.client.schemas.objects import FlowRun

from api.jobs.history import JobRecord
from api.jobs.listing import Position, Wanted

#: Prefect gives at most 200 runs at once.
WINDOW = 100
#: What is wanted may be rare among very many: after so many runs a page ends as it is.
MOST_LOOKED_AT = 2_000
#: Records of jobs that are remembered, of a few kB each.
_REMEMBERED = 4_000

#: Reads at most so many runs, newest first, that lie after a position.
ReadRuns = Callable[[Position | None, int], Awaitable[list[FlowRun]]]
ReadRecord = Callable[[FlowRun], Awaitable[JobRecord]]


class Page(NamedTuple):
    """Jobs, and the token of the next page if there may be one."""

    jobs: list[JobRecord]
    next_token: str | None


class Records:
    """Records of runs as they are now; a run in a state that was met before is not read again.

    They lack the runs' parameters, which may be large.
    """

    def __init__(self, read: ReadRecord) -> None:
        self._read = read
        self._known: LRUCache[tuple[UUID, UUID | None], JobRecord] = LRUCache(_REMEMBERED)

    async def of(self, run: FlowRun) -> JobRecord:
        # A history only grows, and its last state tells how far it has.
        key = (run.id, run.state.id if run.state else None)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = replace(await self._read(run), parameters={})
        return found


async def read_page(
    read: ReadRuns, records: Records, wanted: Wanted, token: str, size: int
) -> Page:
    """One page of what is wanted; a short one, or an empty one, where that is rare.

    Raises:
        InvalidInput: naming `page_token`.
    """
    end = start = Position.of_token(token, wanted) if token else None
    found: list[JobRecord] = []
    looked_at = 0
    async for runs in _windows(read, start, wanted, size + 1):
        named = [run for run, _ in runs if wanted.has(run.name)]
        jobs = {job.id: job for job in await asyncio.gather(*map(records.of, named))}
        for run, position in runs:
            if len(found) == size:
                return Page(found, end.token() if end else None)
            job = jobs.get(run.id)
            if job is not None and wanted.status in (None, job.status):
                found.append(job)
            end = position
        looked_at += len(runs)
        if end is not None and looked_at >= MOST_LOOKED_AT:
            return Page(found, end.token())
    return Page(found, None)


async def _windows(
    read: ReadRuns, position: Position | None, wanted: Wanted, first: int
) -> AsyncIterator[list[tuple[FlowRun, Position]]]:
    """Runs after the position, each with the position that follows it; few, then more."""
    limit = min(first, WINDOW)
    while True:
        runs: list[tuple[FlowRun, Position]] = []
        for run in await read(position, limit):
            position = position.after(run) if position else Position.behind(run, wanted)
            runs.append((run, position))
        yield runs
        if len(runs) < limit:
            return
        limit = WINDOW
