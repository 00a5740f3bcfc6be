"""Prefect's part played by hand, so that a test decides what comes between what."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType

from api.jobs.changes import Past, past_of
from api.jobs.job_events import Progress, Told
from reels.errors import NotFound, Unavailable
from tests.api.conftest import NOWHERE


class HandDriven:
    """A source of histories. While `gate` is closed, what is read is held back as it was."""

    api_url = NOWHERE

    def __init__(self, owner: str = "dev") -> None:
        self.owner = owner
        self.runs: dict[UUID, list[State[None]]] = {}
        self.reads = 0
        self.is_away = False
        self.gate = asyncio.Event()
        self.gate.set()
        self._now = datetime(2026, 1, 2, tzinfo=UTC)

    def new_job(self) -> UUID:
        job_id = uuid4()
        self.runs[job_id] = []
        self.enter(job_id, StateType.SCHEDULED, "Scheduled")
        return job_id

    def enter(self, job_id: UUID, kind: StateType, name: str) -> Told:
        """The job enters a state; returns the event of it."""
        self._now += timedelta(seconds=1)
        state: State[None] = State(type=kind, name=name, timestamp=self._now)
        self.runs[job_id].append(state)
        return Told(job_id, self.owner, state.id, None)

    async def past(self, job_id: UUID) -> Past:
        self.reads += 1
        if self.is_away:
            raise Unavailable("The Prefect server cannot be reached.")
        states = tuple(self.runs.get(job_id, ()))
        await self.gate.wait()
        if not states:
            raise NotFound(f"There is no video {job_id}.")
        run = FlowRun(id=job_id, name="Tea", flow_id=uuid4(), state=states[-1])
        return past_of(run, self.owner, states)

    async def progress(self, _job_id: UUID, _since: datetime) -> Progress | None:
        return None
