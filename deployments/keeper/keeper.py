"""Looks at all runs that need a process, and puts right those that have none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    Operator,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from deployments.keeper.office import Office
from deployments.keeper.silence import Sign, Silence, sign_of
from flows.dispatch import LIVE_TYPES, job_tag
from flows.heart import now_s
from flows.recovering import NEED_A_PROCESS, is_child, true_state
from reels.settings import RecoverySettings

log = logging.getLogger(__name__)

DEPLOYED: Final = FlowRunFilterDeploymentId(is_null_=False)
PAGE: Final = 200
#: How many runs may leave a filter between two pages of it.
LEAVING: Final = 20
#: A crash that is older was seen to by somebody, or is none of anybody's any more.
OLD_CRASH: Final = timedelta(days=1)
#: Prefect's name of a pause that holds its process.
HELD: Final = "Paused"
_SILENT: Final = "The process that worked on this job gave no sign of life any more."
_CANCELLED: Final = "The job was cancelled."
_CRASHED: Final = "The process that worked on this job was ended."


class Keeper:
    """One of any number of keepers. Runs without a deployment are nobody's but their starter's."""

    def __init__(
        self,
        client: PrefectClient,
        settings: RecoverySettings,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self._client = client
        self._clock = clock
        self._settings = settings
        self._silence = Silence(settings)
        self._failures = 0
        self._office = Office(client, 4 * settings.keeper_poll_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            try:
                await self.look()
            # Whatever it is, runs need a keeper.
            except Exception as error:
                if self._failures == 1:
                    continue
                if self._failures == 2:
                    log.warning("Prefect cannot be read (%s: %s).", type(error).__name__, error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.keeper_poll_s)

    async def look(self) -> int:
        """Look once; returns how many runs were put right. While the server is away, which the
        second failure in turn tells, nobody is silent."""
        try:
            done = await self._look()
        except Exception:
            self._failures += 1
            # The first is as a rule a connection that was dropped while nothing went over it.
            if self._failures > 1:
                self._silence.begin_anew()
            raise
        self._failures = 0
        return done

    async def _look(self) -> int:
        has_office = await self._office.look(self._clock())
        gone = self._silence.look([sign_of(run) async for run in self._at_work()], self._clock())
        if not has_office:
            return 0
        return sum([await self._put_right(sign) for sign in gone])

    async def _at_work(self) -> AsyncIterator[FlowRun]:
        """Every run that should have a process, and the jobs whose process was seen to end."""
        going = FlowRunFilterState(
            operator=Operator.or_,  # type: ignore[call-arg]
            type=FlowRunFilterStateType(any_=list(NEED_A_PROCESS)),
            name=FlowRunFilterStateName(any_=[HELD]),
        )
        crashed = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED]))
        lately = FlowRunFilterEndTime(after_=datetime.now(UTC) - OLD_CRASH)
        for wanted in (
            FlowRunFilter(state=going, deployment_id=DEPLOYED),
            FlowRunFilter(state=crashed, deployment_id=DEPLOYED, end_time=lately),
        ):
            async for run in self._pages(wanted):
                if run.state is not None and not (run.state.is_crashed() and is_child(run)):
                    yield run

    async def _pages(self, wanted: FlowRunFilter) -> AsyncIterator[FlowRun]:
        """Pages overlap: some runs leave the filter between two of them."""
        offset = 0
        while True:
            page = await self._client.read_flow_runs(
                flow_run_filter=wanted, sort=FlowRunSort.ID_DESC, limit=PAGE, offset=offset
            )
            for run in page:
                yield run
            if len(page) < PAGE:
                return
            offset += PAGE - LEAVING

    async def _cancel_children(self, run_id: UUID) -> None:
        children = FlowRunFilter(
            tags=FlowRunFilterTags(all_=[job_tag(str(run_id))]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=LIVE_TYPES)),
        )
        for child in await self._client.read_flow_runs(flow_run_filter=children):
            cancelling: State[Any] = State(type=StateType.CANCELLING, message=_CANCELLED)
            await self._client.set_flow_run_state(child.id, cancelling)

    async def _put_right(self, seen: Sign) -> bool:
        """Give a run the state that is true, unless anything has happened to it meanwhile."""
        try:
            run = await self._client.read_flow_run(seen.run_id)
            states = await self._client.read_flow_run_states(seen.run_id)
        except ObjectNotFound:
            return False
        why = _CRASHED if seen.state_type == StateType.CRASHED else _SILENT
        state = true_state(run, states, self._settings.max_recoveries, why)
        if state is None or sign_of(run) != seen or not self._office.is_mine(self._clock()):
            return False
        if state.type == StateType.CANCELLED:
            # Its worker would have run the hook that does this.
            await self._cancel_children(run.id)
        # Prefect's rules have a cancel that comes now win; but an end they let nobody leave, nor
        # a pause without an answer.
        is_forced = seen.state_type in (StateType.CRASHED, StateType.PAUSED)
        answer = await self._client.set_flow_run_state(run.id, state, force=is_forced)
        is_done = answer.status == SetStateStatus.ACCEPT
        done = f"is {state.name} now" if is_done else "is left as it is by Prefect"
        log.warning("Run %s was %s and had no process: it %s.", run.id, seen.state_type, done)
        return is_done
