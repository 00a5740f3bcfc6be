from __future__ import annotations

import threading

import pytest

from reels.background import Background


def test_work_goes_on_beside_the_callers_and_gives_its_result() -> None:
    may_end = threading.Event()
    work = Background(lambda: (may_end.wait(10), 7))
    work.raise_if_failed()
    may_end.set()
    assert work.result() == (True, 7)


def test_a_failure_is_raised_when_it_is_asked_for() -> None:
    work = Background(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        work.result()
    with pytest.raises(ZeroDivisionError):
        work.raise_if_failed()
