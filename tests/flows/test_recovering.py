"""What becomes of a run whose process is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Paused, Suspended

from flows.recovering import PAUSES_S, true_state
from reels.stages import RECOVERED_STATE, RETRY_STATE

START = datetime(2026, 1, 1, tzinfo=UTC)
CREATED = (StateType.SCHEDULED, "Scheduled")
BEGUN = (StateType.RUNNING, "Drafting")
AGAIN = (StateType.SCHEDULED, RECOVERED_STATE)
RETRIED = (StateType.SCHEDULED, RETRY_STATE)
RESUMED = (StateType.SCHEDULED, "Resuming")


def history(*states: tuple[StateType, str]) -> list[State[Any]]:
    return [
        State(type=kind, name=name, timestamp=START + timedelta(minutes=at))
        for at, (kind, name) in enumerate(states)
    ]


def becomes(
    states: Sequence[State[Any]], limit: int = 3, tags: Sequence[str] = ("user:ada",)
) -> State[Any] | None:
    run = FlowRun(flow_id=uuid4(), state=states[-1], tags=list(tags))
    # The server gives a history in no order that it promises.
    return true_state(run, reversed(states), limit, "It stopped.")


@pytest.mark.parametrize("kind", [StateType.PENDING, StateType.RUNNING, StateType.CRASHED])
def test_a_job_is_scheduled_again_at_once(kind: StateType) -> None:
    state = becomes(history(CREATED, (kind, "")))
    assert state is not None
    assert (state.type, state.name) == (StateType.SCHEDULED, RECOVERED_STATE)
    assert state.state_details.scheduled_time is not None
    assert state.state_details.scheduled_time <= datetime.now(UTC)


@pytest.mark.parametrize(("before", "pause_s"), [(1, 10), (2, 60), (7, 60)])
def test_it_waits_longer_each_time(before: int, pause_s: int) -> None:
    asked = datetime.now(UTC)
    state = becomes(history(CREATED, *[BEGUN, AGAIN] * before, BEGUN), limit=8)
    assert state is not None
    due = state.state_details.scheduled_time
    assert due is not None
    assert asked <= due - timedelta(seconds=pause_s) <= datetime.now(UTC)
    assert pause_s in PAUSES_S


def test_after_so_many_times_it_has_failed_and_says_so() -> None:
    state = becomes(history(CREATED, *[BEGUN, AGAIN] * 3, BEGUN))
    assert state is not None
    assert state.type == StateType.FAILED
    assert state.message == (
        "It stopped. It was begun again 3 times, which did not help. "
        "Retry the job; what was done is kept."
    )


def test_none_at_all_may_be_allowed() -> None:
    state = becomes(history(CREATED, BEGUN), limit=0)
    assert state is not None
    assert state.message == "It stopped. Retry the job; what was done is kept."


@pytest.mark.parametrize("moved", [RETRIED, RESUMED, (StateType.PAUSED, "Paused")])
def test_a_person_who_moves_it_has_the_count_begin_anew(moved: tuple[StateType, str]) -> None:
    state = becomes(history(CREATED, *[BEGUN, AGAIN] * 3, moved, BEGUN))
    assert state is not None
    assert state.name == RECOVERED_STATE


def test_a_job_that_is_late_is_not_moved_by_that() -> None:
    late = (StateType.SCHEDULED, "Late")
    state = becomes(history(CREATED, *[BEGUN, AGAIN, late] * 3, BEGUN))
    assert state is not None
    assert state.type == StateType.FAILED


def test_what_is_being_cancelled_is_cancelled_even_when_it_is_called_crashed() -> None:
    cancelling = (StateType.CANCELLING, "Cancelling")
    for states in (
        history(CREATED, BEGUN, cancelling),
        history(CREATED, BEGUN, cancelling, (StateType.CRASHED, "Crashed")),
    ):
        state = becomes(states)
        assert state is not None
        assert state.type == StateType.CANCELLED


def test_a_held_wait_becomes_one_without_a_process() -> None:
    held = Paused(pause_key="draft-1-1", timeout_seconds=60)
    state = becomes([held])
    assert state is not None
    assert state.name == "Suspended"
    assert state.state_details.pause_key == "draft-1-1"
    assert becomes([Suspended(pause_key="draft-1-1", timeout_seconds=60)]) is None


def test_a_child_is_called_crashed_once_and_left_to_its_job() -> None:
    tags = ["job:1"]
    state = becomes(history(CREATED, BEGUN), tags=tags)
    assert state is not None
    assert state.type == StateType.CRASHED
    assert becomes(history(CREATED, BEGUN, (StateType.CRASHED, "Crashed")), tags=tags) is None


@pytest.mark.parametrize(
    "kind", [StateType.SCHEDULED, StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED]
)
def test_what_has_ended_or_waits_for_its_turn_is_as_it_is(kind: StateType) -> None:
    assert becomes(history(CREATED, BEGUN, (kind, ""))) is None
