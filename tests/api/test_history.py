"""What a run and its state history say of a job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType

from api.jobs.history import record_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def state(kind: StateType, name: str, at_s: int) -> State[Any]:
    return State(type=kind, name=name, timestamp=START + timedelta(seconds=at_s))


def test_a_history_that_was_read_after_the_run_counts_more_than_the_runs_own_state() -> None:
    entered = state(StateType.RUNNING, "SubtitlesReview", 1)
    paused = state(StateType.PAUSED, "Paused", 2)
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="a video", state=entered)
    job = record_of(run, "ann", [entered, paused])
    assert job.waits
    assert job.status == "subtitles_review"


def test_a_run_without_a_history_is_told_by_its_own_state() -> None:
    run = FlowRun(
        id=uuid4(), flow_id=uuid4(), name="a video", state=state(StateType.COMPLETED, "Done", 9)
    )
    assert record_of(run, "ann").status == "ready"
