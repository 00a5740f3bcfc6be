"""Tasks in threads end when what submitted them has ended."""

from __future__ import annotations

import threading
from contextvars import copy_context

import pytest

from flows.stopping import ended, tasks_end_with_this


@pytest.mark.parametrize("cause", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_what_a_task_sees_is_set_when_the_flow_fails_or_is_cancelled(
    cause: type[BaseException],
) -> None:
    seen: list[threading.Event] = []
    with pytest.raises(cause):
        _fails(cause, seen)
    assert seen[0].is_set()


def test_a_flow_that_ends_well_stops_nothing() -> None:
    with tasks_end_with_this():
        seen = ended()
    assert not seen.is_set()


def test_flows_in_one_process_do_not_stop_each_other() -> None:
    with tasks_end_with_this():
        seen = ended()
        other = threading.Thread(target=_ends_early)
        other.start()
        other.join()
        assert not seen.is_set()


def _ends_early() -> None:
    with pytest.raises(SystemExit):
        _fails(SystemExit, [])


def _fails(cause: type[BaseException], seen: list[threading.Event]) -> None:
    with tasks_end_with_this():
        seen.append(copy_context().run(ended))
        assert not seen[0].is_set()
        raise cause
