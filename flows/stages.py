"""Entering a stage: the stage is the name of the run's state, and its history the job's."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import Abort

from flows.observing import entered
from flows.progress import JobProgress
from reels.manifest import StageEntry
from reels.progress import Tally
from reels.stages import STAGE_OF_STATE, STAGES, Stage, state_name


class StageBoard:
    """The stages of one run. A run that is entered again passes those that it had left."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._client = get_client(sync_client=True)
        self._progress = JobProgress(run_id)
        self._reached = max((STAGES.index(entry.stage) for entry in self._entries()), default=-1)

    def enter(self, stage: Stage) -> None:
        """Name the run's state after `stage`, unless an earlier attempt had gone beyond it.

        Raises:
            Abort: the run is being cancelled or has ended; the flow stops here.
        """
        if STAGES.index(stage) < self._reached:
            return
        # From here on this run makes history: a revised draft goes back to drafting.
        self._reached = -1
        answer = self._client.set_flow_run_state(
            self._run_id, State(type=StateType.RUNNING, name=state_name(stage))
        )
        if answer.status != SetStateStatus.ACCEPT:
            reason = getattr(answer.details, "reason", "") or answer.status.value
            raise Abort(f"The run may not enter {stage!r}: {reason}")
        entered(stage)
        self._progress.enter(stage)

    def finish(self) -> None:
        """Show that all is done."""
        self._progress.finish()

    def telling(self) -> AbstractContextManager[Tally]:
        """Whoever watches sees how far the body is with the stage, as it counts."""
        return self._progress.telling()

    def history(self) -> tuple[StageEntry, ...]:
        """Each stage once, from when it was first entered to when the next one was."""
        entries = self._entries()
        first: dict[Stage, datetime] = {}
        for entry in entries:
            first.setdefault(entry.stage, entry.at)
        names = list(first)
        ends: list[datetime | None] = [first[later] for later in names[1:]]
        return tuple(
            StageEntry(name=name, started_at=first[name], ended_at=end)
            for name, end in zip(names, [*ends, None], strict=True)
        )

    def _entries(self) -> list[_Entry]:
        states = self._client.read_flow_run_states(self._run_id)
        ordered = sorted(states, key=lambda state: state.timestamp)
        return [
            _Entry(STAGE_OF_STATE[state.name], state.timestamp)
            for state in ordered
            if state.name in STAGE_OF_STATE
        ]


class _Entry(NamedTuple):
    stage: Stage
    at: datetime
