"""Jobs as Prefect knows them: one, all that has happened to it, and lists of them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

from api.identity.base import Caller
from api.identity.rights import require_sight
from api.jobs.batches import Batches
from api.jobs.changes import Past, past_of
from api.jobs.history import JobRecord, is_untouched, needs_history, record_of
from api.jobs.job_events import Progress, progress_events, progress_of
from api.jobs.listing import Position, Wanted, filters
from api.jobs.owning import owner_of
from api.jobs.pages import Page, Records, read_page
from api.jobs.patience import PatientTransport, tls
from api.jobs.target import Target
from reels.errors import InvalidInput, NotFound, Unavailable

DEPLOYMENT = "make-video/default"
SLIDESHOWS = "make-slideshow/default"
PACKAGES = "package-hls/default"
SCENARIOS = "run-scenario/default"
REQUEST_TIMEOUT_S = 15
MAX_CONNECTIONS = 16


class JobReading:
    """Jobs are runs of three deployments' flows; a user's have the tag `user:<id>`.

    An async context manager: enter it in the event loop that serves. `patience_s` is how
    long Prefect may be busy before the caller is told to come back.

    Every method raises `Unavailable` when Prefect does not answer, and `NotFound` for a job
    that `asker` does not see.
    """

    def __init__(
        self,
        api_url: str,
        deployment: str,
        slideshows: str,
        packages: str,
        scenarios: str,
        patience_s: float,
    ) -> None:
        self.api_url = api_url or PREFECT_API_URL.value() or ""
        if not self.api_url:
            raise InvalidInput(
                "PREFECT_API_URL",
                "There is no address of a Prefect server.",
                remedy="Set PREFECT_API_URL, as in http://127.0.0.1:4200/api.",
            )
        self._deployment_name = deployment
        self._slideshows_name = slideshows
        self._packages_name = packages
        self._scenarios_name = scenarios
        self._patience_s = patience_s
        self._records = Records(self._record)
        self._batches = Batches(self._read_runs)

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=25)
        http = httpx.AsyncHTTPTransport(limits=limits, verify=tls())
        transport = PatientTransport(http, self._patience_s)
        self._client = await PrefectClient(
            self.api_url,
            auth_string=PREFECT_API_AUTH_STRING.value() or None,
            httpx_settings={
                "transport": transport,
                "timeout": REQUEST_TIMEOUT_S,
                "verify": tls(),
            },
        ).__aenter__()
        self._target = Target(self._client, self._deployment_name)
        self._slideshows = Target(self._client, self._slideshows_name)
        self._packages = Target(self._client, self._packages_name)
        self._scenarios = Target(self._client, self._scenarios_name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    @property
    def client(self) -> PrefectClient:
        """Prefect, for rooms of the API that have runs of their own."""
        return self._client

    async def run(self, run_id: UUID) -> FlowRun | None:
        """A run as it is now, whatever it is of; None when there is none."""
        return await self._batches.one(run_id)

    async def get(self, asker: Caller, job_id: UUID) -> JobRecord:
        """The job with its stages."""
        run, states = await self._run_and_history(asker, job_id)
        return record_of(run, owner_of(run), states)

    async def past(self, job_id: UUID) -> Past:
        """The job with all its changes, whoever asks: callers check who may see it."""
        run, states = await self._run_and_history(None, job_id)
        return past_of(run, owner_of(run), states)

    async def progress(self, job_id: UUID, since: datetime) -> Progress | None:
        """The last that the job has told of its progress since then."""
        page = await self._client.read_events(progress_events(job_id, since), limit=1)
        return progress_of(page.events[0]) if page.events else None

    async def list(self, wanted: Wanted, *, page_size: int = 20, token: str = "") -> Page:
        """One page of the jobs that are wanted, newest first.

        Raises:
            InvalidInput: naming `page_token`.
        """
        flow_ids = await self._flow_ids()

        async def read(position: Position | None, limit: int) -> builtins.list[FlowRun]:
            flow, runs = filters(flow_ids, wanted, position)
            return await self._client.read_flow_runs(
                flow_filter=flow,
                flow_run_filter=runs,
                sort=FlowRunSort.EXPECTED_START_TIME_DESC,
                limit=limit,
            )

        return await read_page(read, self._records, wanted, token, page_size)

    async def _record(self, run: FlowRun) -> JobRecord:
        states = await self._client.read_flow_run_states(run.id) if needs_history(run) else ()
        return record_of(run, owner_of(run), states)

    async def check(self) -> None:
        """Raises Unavailable when Prefect does not answer or the deployment is missing."""
        error = await self._client.api_healthcheck()
        if error is not None:
            raise Unavailable("The Prefect server does not answer.") from error
        await self._target.flow_id()

    async def _flow_ids(self) -> builtins.list[UUID]:
        """The flows whose runs are jobs."""
        found = [await self._target.flow_id()]
        for other in (self._slideshows, self._packages):
            # A server on which one of these has not been deployed has none of its runs.
            with suppress(Unavailable):
                found.append(await other.flow_id())
        return found

    async def _run_and_history(
        self, asker: Caller | None, job_id: UUID
    ) -> tuple[FlowRun, builtins.list[State[Any]]]:
        run = await self._batches.one(job_id)
        if run is None or run.flow_id not in await self._flow_ids():
            raise NotFound(f"There is no video {job_id}.")
        if asker is not None:
            require_sight(asker, owner_of(run), f"video {job_id}")
        if is_untouched(run):
            return run, []
        try:
            return run, await self._client.read_flow_run_states(job_id)
        except ObjectNotFound:
            raise NotFound(f"There is no video {job_id}.") from None

    async def _read_runs(self, ids: Sequence[UUID]) -> Sequence[FlowRun]:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=list(ids)))
        return await self._client.read_flow_runs(flow_run_filter=wanted, limit=len(ids))
