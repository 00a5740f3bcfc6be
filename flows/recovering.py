"""What becomes of a run whose process is gone, by its states alone.

Whoever finds it, the worker, the keeper or a stack that starts, does the same. A job is
scheduled again, and passes what it had done. A child run is called crashed: its job starts
another one in its place, so that nobody else may. A wait goes on without a process.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed, Failed, Scheduled

from flows.waiting import suspension_of
from reels.observing.carried import JOB
from reels.stages import RECOVERED_STATE, RETRY_STATE

#: States that a run is in only while a process works on it, or will in a moment.
NEED_A_PROCESS: Final = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
#: Seconds until a job is begun again, the first time, the second, and from then on.
PAUSES_S: Final = (0, 10, 60)
#: Names of states that somebody has brought about who wants the run to go on.
_MOVED: Final = (RETRY_STATE, "Resuming")


def true_state(
    run: FlowRun, states: Iterable[State[Any]], limit: int, why: str
) -> State[Any] | None:
    """The state of a `run` that has no process, or None when the one that it has is true.

    `states` is its history in any order, `limit` how often it may be begun again, and `why`
    a sentence for people.
    """
    state = run.state
    if state is None:
        return None
    if state.type == StateType.PAUSED:
        return None if state.state_details.pause_reschedule else suspension_of(state)
    history = sorted(states, key=lambda each: each.timestamp)
    if state.type == StateType.CANCELLING or _was_being_cancelled(state, history):
        return Cancelled(message=state.message)
    if state.type not in (StateType.PENDING, StateType.RUNNING, StateType.CRASHED):
        return None
    if is_child(run):
        return None if state.type == StateType.CRASHED else Crashed(message=why)
    return _begun_again(recoveries(history), limit, why)


def is_child(run: FlowRun) -> bool:
    """Whether a job of ours waits for this run and would start another one."""
    return run.parent_task_run_id is not None or any(tag.startswith(JOB) for tag in run.tags)


def recoveries(history: Iterable[State[Any]]) -> int:
    """How often a run was begun again since a person, or a worker outside, last moved it.

    `history` is in the order of time.
    """
    count = 0
    for state in history:
        if state.name == RECOVERED_STATE:
            count += 1
        elif state.type == StateType.PAUSED or state.name in _MOVED:
            count = 0
    return count


def _begun_again(count: int, limit: int, why: str) -> State[Any]:
    if count >= limit:
        return Failed(message=_given_up(count, why))
    wait = timedelta(seconds=PAUSES_S[min(count, len(PAUSES_S) - 1)])
    return Scheduled(scheduled_time=datetime.now(UTC) + wait, name=RECOVERED_STATE, message=why)


def _given_up(count: int, why: str) -> str:
    times = "once" if count == 1 else f"{count} times"
    tried = f" It was begun again {times}, which did not help." if count else ""
    return f"{why}{tried} Retry the job; what was done is kept."


def _was_being_cancelled(state: State[Any], history: list[State[Any]]) -> bool:
    """A crash is the end of a cancelled run's process, too."""
    before = [each for each in history if each.id != state.id]
    return (
        state.type == StateType.CRASHED and bool(before) and before[-1].type == StateType.CANCELLING
    )
