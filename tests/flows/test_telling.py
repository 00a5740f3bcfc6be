"""Telling beside the work: seldom enough, the last word included, and never in its way."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress

import pytest

from flows import telling as told_by
from flows.telling import telling
from reels.progress import Tally

EVERY_S = 0.1
SOON_S = 5.0


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_by, "EVERY_S", EVERY_S)


def test_a_burst_is_told_seldom_and_to_its_end() -> None:
    told: queue.Queue[float] = queue.Queue()
    shares = [0.0]
    began = time.monotonic()
    with telling(told.put) as tally:
        tally.expect("a", 1000)
        for done in range(1, 1001):
            tally.count("a", done)
        while shares[-1] < 1:
            shares.append(told.get(timeout=SOON_S))
    assert shares == sorted(shares)
    assert len(shares) - 1 <= (time.monotonic() - began) / EVERY_S + 2


def test_nothing_is_told_when_nothing_is_done() -> None:
    told: list[float] = []
    with telling(told.append) as tally:
        tally.expect("a")
    assert told == []


def test_work_ends_while_its_teller_hangs() -> None:
    hangs, release = threading.Event(), threading.Event()

    def hang(_share: float) -> None:
        hangs.set()
        release.wait()

    began = time.monotonic()
    with telling(hang) as tally:
        tally.part("a")(1.0)
        assert hangs.wait(SOON_S)
    assert time.monotonic() - began < SOON_S
    release.set()


def test_a_teller_that_fails_is_asked_again() -> None:
    told: queue.Queue[float] = queue.Queue()

    def fail(share: float) -> None:
        told.put(share)
        raise OSError("The server is away.")

    with telling(fail) as tally:
        count = tally.part("a", 2)
        count(0.5)
        assert told.get(timeout=SOON_S) == 0.5
        count(1.0)
        assert told.get(timeout=SOON_S) == 1.0


def test_what_others_do_is_told_though_the_work_itself_counts_nothing() -> None:
    told: queue.Queue[float] = queue.Queue()

    def look(tally: Tally) -> None:
        tally.count("far")

    with telling(told.put, look) as tally:
        tally.expect("far", 3)
        tally.expect("near", 1)
        assert told.get(timeout=SOON_S) == 0.75


def test_the_end_is_told_of_work_that_succeeded_only() -> None:
    told: queue.Queue[float] = queue.Queue()
    with telling(told.put, to_the_end=True) as tally:
        tally.expect("a")
    assert told.get(timeout=SOON_S) == 1.0
    with suppress(RuntimeError), telling(told.put, to_the_end=True) as tally:
        tally.part("a", 2)(0.5)
        assert told.get(timeout=SOON_S) == 0.5
        raise RuntimeError
    for thread in threading.enumerate():
        if thread.name == "telling":
            thread.join(SOON_S)
    assert told.empty()
