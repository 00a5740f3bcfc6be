"""From a run's state history to the job as it was after each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State

from api.jobs.history import JobRecord, record_of


class Change(NamedTuple):
    """A job as it was when it entered the state `id`."""

    id: UUID
    job: JobRecord


class Past(NamedTuple):
    """A job as it is, its changes in the order of time, and all states that it has been in.

    `tick` is where the clock of `api.live.named` stood before it was read.
    """

    job: JobRecord
    changes: tuple[Change, ...]
    states: frozenset[UUID]
    tick: int = 0


def past_of(run: FlowRun, user: str, states: Iterable[State[Any]]) -> Past:
    """The whole of what a run's history, in any order, tells."""
    lives = tuple(life_of(run, user, states))
    now = lives[-1][1] if lives else record_of(run, user)
    known = frozenset(state.id for state, _ in lives)
    return Past(now, tuple(_changes(lives)), known)


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


def _changes(lives: Iterable[tuple[State[Any], JobRecord]]) -> Iterator[Change]:
    """Where the status, the review or the error is another than before."""
    before: object = None
    for state, job in lives:
        told = (job.status, job.review, job.error)
        if told != before:
            before = told
            yield Change(state.id, job)
