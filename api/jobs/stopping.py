"""Cancelling a run in whatever state it is: with a process to be ended, or without one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State, StateType

MESSAGE = "Cancelled over the API."


async def stop(client: PrefectClient, run_id: UUID, seen: StateType) -> None:
    """Cancel a run whose state was of the type `seen` when it was last read.

    A run that only waits for its time has no process. After an earlier attempt Prefect
    believes that it has one, and would wait for the end of that; so it is cancelled at once.
    """
    forced = False
    if seen == StateType.SCHEDULED:
        cancelled: State[Any] = State(type=StateType.CANCELLED, message=MESSAGE)
        await client.set_flow_run_state(run_id, cancelled)
        if await _was_scheduled(client, run_id):
            return
        # A worker took the run in the meantime: there is a process now, or soon.
        forced = True
    cancelling: State[Any] = State(type=StateType.CANCELLING, message=MESSAGE)
    # A suspended run has no process: Prefect then "rejects" the cancelling state and sets
    # Cancelled in its place.
    await client.set_flow_run_state(run_id, cancelling, force=forced)


async def _was_scheduled(client: PrefectClient, run_id: UUID) -> bool:
    """Whether the cancelled run was still scheduled when it was cancelled."""
    states = await client.read_flow_run_states(run_id)
    newest_first = sorted(states, key=lambda state: state.timestamp, reverse=True)
    before = (state.type for state in newest_first if state.type != StateType.CANCELLED)
    return next(before, StateType.SCHEDULED) == StateType.SCHEDULED
