"""Looks at each job when it ends, and now and then at how many there are."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import anyio.to_thread
import httpx
from prefect.client.orchestration import PrefectClient
from prefect.events.clients import PrefectEventSubscriber
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from api.jobs.job_events import run_of
from api.jobs.patience import tls
from api.jobs.runs import jobs_named
from api.memory import Memory
from api.metering import reading
from api.metering.ends import count
from api.metrics import EVENTS_CONNECTED, JOBS, QUEUED_RUNS, WORK_READ_AT
from reels.artifacts import ArtifactStore

log = logging.getLogger("api")

#: Events may be lost: now and then whatever has ended since is looked at.
SWEEP_S: Final = 60.0
#: How far a look back goes beyond where it must: clocks differ, and commits come late.
OVERLAP: Final = timedelta(seconds=120)
#: Events come in bursts, and a manifest is there before its job has ended.
GATHER_S: Final = 0.2
AGAIN_S: Final = (1.0, 2.0, 5.0, 10.0)
#: How long it is known that an end was counted.
KNOWN_S: Final = 7 * 24 * 3600.0
#: Jobs and queues are read at most so often, however often somebody asks.
FRESH_S: Final = 15.0
REFRESH_LIMIT_S: Final = 3.0


class WorkMeter:
    """Counts the ends of jobs from `start` to `close`; jobs and queues when asked to.

    Of those who share `memory`, one counts an end.
    """

    def __init__(self, api_url: str, store: ArtifactStore, memory: Memory) -> None:
        self._api_url = api_url
        self._store = store
        self._memory = memory
        self._named: set[UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._refreshing = asyncio.Lock()
        self._refreshed = float("-inf")
        self._since = datetime.now(UTC)
        self._swept_from = self._since

    def start(self) -> None:
        """Begin to count what ends from now on."""
        if not self._tasks:
            self._since = self._swept_from = datetime.now(UTC)
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._work())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def refresh(self) -> None:
        """Read how many jobs and queued runs there are, unless that was just done.

        When Prefect is away, what was read last stays, with its time.
        """
        async with self._refreshing:
            if time.monotonic() - self._refreshed < FRESH_S:
                return
            self._refreshed = time.monotonic()
            with suppress(Exception):
                async with asyncio.timeout(REFRESH_LIMIT_S), self._client() as client:
                    for status, number in (await reading.unfinished(client)).items():
                        JOBS.labels(status).set(number)
                    for pool, number in (await reading.queued(client)).items():
                        QUEUED_RUNS.labels(pool).set(number)
                    WORK_READ_AT.set_to_current_time()

    async def _listen(self) -> None:
        connected, failures = EVENTS_CONNECTED.labels("work"), 0
        while True:
            try:
                async with PrefectEventSubscriber(
                    self._api_url, reading.end_events(), reconnection_attempts=0
                ) as events:
                    failures = 0
                    connected.set(1)
                    self._wake.set()
                    async for event in events:
                        if run := run_of(event.resource.id):
                            self._named.add(run)
                            self._wake.set()
            # Of the stream anything may come; without it there are still the looks back.
            except Exception as error:
                log.debug("Events of ended jobs are away (%s).", type(error).__name__)
            finally:
                connected.set(0)
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1

    async def _work(self) -> None:
        swept = float("-inf")
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_S)
                await asyncio.sleep(GATHER_S)
            self._wake.clear()
            named, self._named = self._named, set()
            try:
                async with self._client() as client:
                    for run in await jobs_named(client, list(named)) if named else ():
                        await self._count(client, run.id)
                    if time.monotonic() - swept > SWEEP_S or not named:
                        swept = time.monotonic()
                        await self._sweep(client)
            # Whatever it is, requests go on and so must this; a look back makes up for it.
            except Exception as error:
                log.warning("Jobs that ended could not be counted (%s).", type(error).__name__)
                self._named |= named
                await asyncio.sleep(AGAIN_S[-1])

    async def _sweep(self, client: PrefectClient) -> None:
        began = datetime.now(UTC)
        async for run in reading.ended_since(client, self._swept_from - OVERLAP):
            await self._count(client, run.id)
        self._swept_from = began

    async def _count(self, client: PrefectClient, job: UUID) -> None:
        run = await client.read_flow_run(job)
        state = run.state
        if state is None or not state.is_final() or state.timestamp < self._since:
            return
        key = f"metered/{state.id}"
        if not await self._memory.put(key, b"1", KNOWN_S, only_if_absent=True):
            return
        try:
            end = await reading.end_of(client, run)
            if end is not None:
                await anyio.to_thread.run_sync(count, end, self._store)
        except Exception:
            log.warning("The work of job %s could not be counted.", job, exc_info=True)

    def _client(self) -> PrefectClient:
        with temporary_settings(updates={PREFECT_CLIENT_MAX_RETRIES: 1}):
            return PrefectClient(
                self._api_url,
                auth_string=PREFECT_API_AUTH_STRING.value() or None,
                httpx_settings={"verify": tls(), "timeout": httpx.Timeout(15)},
            )
