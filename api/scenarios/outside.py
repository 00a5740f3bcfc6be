"""Outside workers: they take tasks that are ready, keep them for a while, and end them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from prefect.client.schemas.objects import StateType

from api.identity.base import Caller
from api.identity.rights import require_charge
from api.jobs.gateway import PrefectGateway
from api.jobs.turns import Turns
from api.scenarios.finding import Finder, Found
from api.scenarios.logs import Logs
from api.scenarios.models import ClaimWanted, TaskUpdate
from api.scenarios.standing import Standings, status_of
from reels.errors import Conflict
from reels.scenarios.claims import Entry, Log
from reels.scenarios.models import ScenarioTask
from reels.services.base import TaskResult

#: What the key of a wait for outside workers begins with, as the flow writes it.
_WAIT: Final = "outside-"
_OVER: Final = ("ready", "failed", "cancelling", "cancelled")

_Step = Callable[[Log], Entry]


class Claimed(NamedTuple):
    """A task that somebody has now, or has ended: by which step, and what it needs."""

    found: Found
    task: ScenarioTask
    entry: Entry
    results: Mapping[str, TaskResult]


class Outside:
    """What workers may do. They act for a user, and any of a user's may take any task.

    Every method raises `NotFound` for a task that `asker` does not see, `Forbidden` for one
    that it sees and may not touch, `Conflict` for what comes at the wrong time, and
    `Unavailable` when Prefect does not answer.
    """

    def __init__(
        self,
        gateway: PrefectGateway,
        finder: Finder,
        logs: Logs,
        standings: Standings,
        turns: Turns,
    ) -> None:
        self._gateway = gateway
        self._finder = finder
        self._logs = logs
        self._standings = standings
        self._turns = turns

    async def claim(self, asker: Caller, task_id: str, wanted: ClaimWanted) -> Claimed:
        """Take a task. Raises Conflict when it is not ready, is taken, or has ended."""
        found, task = await self._open(asker, task_id)
        return await self.take(found, task, wanted)

    async def take(self, found: Found, task: ScenarioTask, wanted: ClaimWanted) -> Claimed:
        """As `claim`, of a task whose rights were looked at."""
        lease_s = wanted.lease_s or task.lease_s
        return await self._step(
            found, task, lambda log: log.claimed(wanted.worker, lease_s, datetime.now(UTC))
        )

    async def renew(self, asker: Caller, task_id: str, update: TaskUpdate) -> Claimed:
        """Keep a task longer. Raises Conflict when another worker has it, or had it."""
        found, task = await self._open(asker, task_id)
        lease_s = update.lease_s or task.lease_s
        return await self._step(
            found, task, lambda log: log.renewed(update.claim, lease_s, datetime.now(UTC))
        )

    async def end(
        self,
        asker: Caller,
        task_id: str,
        update: TaskUpdate,
        status: Literal["success", "failed"],
    ) -> Claimed:
        """End a task, and have its scenario go on.

        Raises:
            Conflict: it has ended, was not claimed, or was claimed by another since.
        """
        found, task = await self._open(asker, task_id)

        def ended(log: Log) -> Entry:
            return log.ended(
                update.claim,
                status,
                datetime.now(UTC),
                result_ref=update.result_ref or "",
                cause=update.cause or "",
            )

        try:
            done = await self._step(found, task, ended)
        except Conflict:
            # Whoever ended it may have been gone before the scenario was told.
            if (await self._logs.of(found.run.id, task.id)).end is not None:
                await self._wake(found)
            raise
        await self._wake(found)
        return done

    async def _open(self, asker: Caller, task_id: str) -> tuple[Found, ScenarioTask]:
        found, task = await self._finder.task(asker, task_id)
        require_charge(asker, found.owner, "scenario")
        if task.worker != "outside":
            raise Conflict(
                "The task is not for outside workers.",
                remedy="Templates mark tasks for them with worker: outside.",
            )
        status = status_of(found.run)
        if status in _OVER:
            raise Conflict(f"The scenario of the task is {status}.")
        return found, task

    async def _step(self, found: Found, task: ScenarioTask, step: _Step) -> Claimed:
        try:
            log, entry = await self._logs.append(found.run.id, task.id, step)
        finally:
            self._standings.forget(found)
        return Claimed(found, task, entry, log.offer.results if log.offer else {})

    async def _wake(self, found: Found) -> None:
        """Let a run go on that waits without a process. Others may have done so already."""
        async with self._turns.of(found.run.id):
            run = await self._gateway.run(found.run.id)
            state = run.state if run else None
            if state is None or state.type != StateType.PAUSED:
                return
            if (state.state_details.pause_key or "").startswith(_WAIT):
                await self._gateway.client.resume_flow_run(found.run.id)
