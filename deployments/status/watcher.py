"""Follows Prefect: an event says which job to look at, its state history says what happened.

Events can be lost, so that they only make it quick: at the start, whenever the stream of
events has been away, and now and then, every job that has changed since is looked at.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.events.clients import get_events_subscriber
from prefect.exceptions import ObjectNotFound

from api.jobs.job_events import job_events, run_of
from api.jobs.runs import jobs_named
from deployments.status.changes import changes_of
from deployments.status.cursor import Cursor
from deployments.status.reading import history_of, jobs_since
from reels.sinks.base import StatusChange

log = logging.getLogger(__name__)

#: How far a look back goes beyond where it must: clocks differ, and commits come late.
OVERLAP = timedelta(seconds=120)
SWEEP_S = 60.0
#: Events come in bursts; a job is looked at once for those of so long.
GATHER_S = 0.05
AGAIN_S = (1.0, 2.0, 4.0, 8.0)
#: Jobs of which it is remembered what was told; more cost memory, fewer tell things twice.
MAX_REMEMBERED = 10_000


class Box(Protocol):
    """Takes changes to be told; `name` stands for it in the notes on what was told."""

    @property
    def name(self) -> str: ...

    def add(self, change: StatusChange) -> None:
        """MUST return at once."""
        ...

    def pending_since(self) -> datetime | None:
        """When the oldest change was made that a crash would lose; None when there is none."""
        ...


class Watcher:
    """Hands every change to every outbox, once as a rule and never not at all.

    `cursor` notes how far each sink is; one that it does not know begins now.
    """

    def __init__(
        self,
        client: PrefectClient,
        outboxes: Sequence[Box],
        cursor: Cursor,
        video_url: Callable[[str, UUID], str | None],
    ) -> None:
        self._client = client
        self._outboxes = outboxes
        self._cursor = cursor
        self._video_url = video_url
        self._told: OrderedDict[UUID, set[UUID]] = OrderedDict()
        self._named: set[UUID] = set()
        self._wake = asyncio.Event()
        self._must_sweep = True
        now = datetime.now(UTC)
        known = cursor.read()
        self._starts = {box.name: known.get(box.name, now) - OVERLAP for box in outboxes}
        self._swept = min(self._starts.values()) + OVERLAP

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._work())]
        stopped = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (stopped, *tasks):
                task.cancel()
            await asyncio.gather(stopped, *tasks, return_exceptions=True)

    async def _listen(self) -> None:
        """Name the jobs that events come of; the stream is opened again whenever it ends."""
        failures = 0
        while True:
            try:
                async with get_events_subscriber(job_events(), reconnection_attempts=0) as events:
                    failures = 0
                    self._sweep_soon()
                    async for event in events:
                        if run := run_of(event.resource.id):
                            self._named.add(run)
                            self._wake.set()
            # Of the stream anything may come; without it there are still the looks back.
            except Exception as error:
                if not failures:
                    log.warning("Prefect's events are away (%s).", type(error).__name__)
            await asyncio.sleep(_again_s(failures))
            failures += 1

    def _sweep_soon(self) -> None:
        self._must_sweep = True
        self._wake.set()

    async def _work(self) -> None:
        failures = 0
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_S)
                await asyncio.sleep(GATHER_S)
            self._must_sweep |= not self._wake.is_set()
            self._wake.clear()
            try:
                await self._look()
                failures = 0
            # Whatever it is, the jobs go on and so must this; a look back makes up for it.
            except Exception as error:
                if not failures:
                    log.warning("Prefect cannot be read (%s).", type(error).__name__)
                self._sweep_soon()
                await asyncio.sleep(_again_s(failures))
                failures += 1

    async def _look(self) -> None:
        named, self._named = self._named, set()
        for run in await jobs_named(self._client, named):
            await self._tell(run)
        if self._must_sweep:
            self._must_sweep = False
            began = datetime.now(UTC)
            async for run in jobs_since(self._client, self._swept - OVERLAP):
                await self._tell(run)
            self._swept = began
            self.note()

    async def _tell(self, run: FlowRun) -> None:
        try:
            states = await history_of(self._client, run)
        except ObjectNotFound:
            return
        try:
            # Links are the store's, which may have to ask elsewhere.
            changes = await asyncio.to_thread(changes_of, run, states, self._video_url)
        except Exception:
            log.exception("The changes of job %s cannot be told.", run.id)
            return
        told = self._told.setdefault(run.id, set())
        self._told.move_to_end(run.id)
        for change in changes:
            if change.id not in told:
                told.add(change.id)
                self._hand_out(change)
        while len(self._told) > MAX_REMEMBERED:
            self._told.popitem(last=False)

    def _hand_out(self, change: StatusChange) -> None:
        for box in self._outboxes:
            if change.changed_at >= self._starts[box.name]:
                box.add(change)

    def note(self) -> None:
        """Write down how far each sink is. A full disk must not end the work."""
        told = {
            box.name: min(box.pending_since() or self._swept, self._swept) for box in self._outboxes
        }
        try:
            self._cursor.write(told)
        except OSError as error:
            log.error("How far the sinks are cannot be kept: %s.", error.strerror)


def _again_s(failures: int) -> float:
    return AGAIN_S[min(failures, len(AGAIN_S) - 1)]
