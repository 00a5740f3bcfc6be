"""From a run's state history to the job as it was after each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from prefect.client.schemas.objects import FlowRun, State

from api.history import JobRecord, record_of
from api.live import Change


def life_of(
    run: FlowRun, user: str, states: Iterable[State[Any]]
) -> Iterator[tuple[State[Any], JobRecord]]:
    """The job as it was after each of its states, in the order of time.

    `states` is the run's history in any order.
    """
    known = {state.id: state for state in (*states, *([run.state] if run.state else ()))}
    history = sorted(known.values(), key=lambda state: state.timestamp)
    past = run.model_copy(update={"state": None})
    for number, state in enumerate(history, 1):
        yield state, record_of(past, user, history[:number])


def changes_of(run: FlowRun, user: str, states: Iterable[State[Any]]) -> Iterator[Change]:
    """Where the status, the review or the error is another than before, in the order of time.

    `states` is the run's history in any order.
    """
    before: object = None
    for state, job in life_of(run, user, states):
        told = (job.status, job.review, job.error)
        if told != before:
            before = told
            yield Change(state.id, job)
