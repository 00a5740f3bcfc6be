"""A worker asks for runs when there may be some for it, and seldom else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from anyio import CapacityLimiter
from prefect.workers.base import BaseWorker

from deployments import asking
from deployments.asking import FULL_S, LEAST_S, SELDOM_S, SOON_S, Turns
from deployments.bell import Bell


@pytest.fixture
def bell(tmp_path: Path) -> Bell:
    return Bell(tmp_path / "bell")


def asked(turns: Turns, now_s: float, runs: int = 0, *, is_full: bool = False) -> bool:
    """Whether it asks at this time, and is then given so many runs."""
    if not turns.is_due(now_s, is_full=is_full):
        return False
    turns.asks(now_s)
    turns.was_given(runs)
    return True


def test_one_that_was_given_nothing_asks_seldom(bell: Bell) -> None:
    turns = Turns(bell)
    assert asked(turns, 0)
    assert not asked(turns, SELDOM_S - 0.1)
    assert asked(turns, SELDOM_S)


def test_one_that_was_given_runs_asks_soon_for_more(bell: Bell) -> None:
    turns = Turns(bell)
    assert asked(turns, 0, runs=1)
    assert not asked(turns, SOON_S - 0.1)
    assert asked(turns, SOON_S)
    assert not asked(turns, 2 * SOON_S)


def test_one_that_hears_the_bell_asks_at_once_and_once(bell: Bell) -> None:
    turns = Turns(bell)
    assert asked(turns, 0)
    bell.ring()
    assert not asked(turns, LEAST_S / 2)
    assert asked(turns, LEAST_S)
    assert not asked(turns, 3 * LEAST_S)


def test_one_without_a_free_slot_leaves_the_bell_until_it_has_one(bell: Bell) -> None:
    turns = Turns(bell)
    assert asked(turns, 0)
    bell.ring()
    assert not asked(turns, 1, is_full=True)
    assert not asked(turns, FULL_S - 1, is_full=True)
    assert asked(turns, FULL_S - 0.5)


def test_one_that_has_a_slot_again_asks_though_nothing_was_rung(bell: Bell) -> None:
    turns = Turns(bell)
    assert asked(turns, 0)
    assert not asked(turns, 0.5, is_full=True)
    assert asked(turns, 0.6)
    assert not asked(turns, 0.7)


def test_a_queue_is_asked_of_within_the_minute_that_prefect_gives_it(bell: Bell) -> None:
    turns = Turns(bell)
    assert asked(turns, 0, is_full=True)
    assert asked(turns, FULL_S, is_full=True)
    assert FULL_S < 60 / 2


def test_one_without_a_bell_asks_at_every_turn_but_when_it_is_full() -> None:
    turns = Turns(None)
    assert asked(turns, 0)
    assert asked(turns, 0.01)
    assert not asked(turns, 0.02, is_full=True)


async def test_prefects_worker_asks_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [object()]

    async def ask(self: Any) -> list[Any]:
        return runs

    monkeypatch.setattr(BaseWorker, "_get_scheduled_flow_runs", ask)
    asking.ask_in_turns(None)
    limiter, run = CapacityLimiter(1), uuid4()
    worker: Any = SimpleNamespace(_limiter=limiter)
    assert await BaseWorker._get_scheduled_flow_runs(worker) == runs
    limiter.acquire_on_behalf_of_nowait(run)
    assert await BaseWorker._get_scheduled_flow_runs(worker) == []
    limiter.release_on_behalf_of(run)
    assert await BaseWorker._get_scheduled_flow_runs(worker) == runs
    worker._limiter = None
    assert await BaseWorker._get_scheduled_flow_runs(worker) == runs
