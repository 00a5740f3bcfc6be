"""Every change of a job arrives in order, or is given up; one job or sink keeps up no other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from deployments.status.outbox import Outbox
from reels.errors import BadOutput, RateLimited, TransientFailure
from reels.sinks.base import StatusChange
from tests.reels.sinks.conftest import change

FAST_S = 0.002


class Recorder:
    """A sink that keeps what it was given, after `trouble` has had its say."""

    name = "recorder"

    def __init__(self, trouble: Callable[[StatusChange], None] = lambda _: None) -> None:
        self.told: list[StatusChange] = []
        self.tries = 0
        self.is_closed = False
        self._trouble = trouble

    def write(self, change: StatusChange) -> None:
        self.tries += 1
        self._trouble(change)
        self.told.append(change)

    def close(self) -> None:
        self.is_closed = True

    def of(self, job: UUID) -> list[str]:
        return [each.status for each in self.told if each.job_id == job]


@pytest.fixture
def started() -> Iterator[Callable[..., Outbox]]:
    boxes: list[Outbox] = []

    def start(sink: Recorder, patience_s: float = 60) -> Outbox:
        boxes.append(Outbox(sink, patience_s, first_wait_s=FAST_S))
        return boxes[-1]

    yield start
    for box in boxes:
        box.stop()


def failing(times: int, error: Exception) -> Callable[[StatusChange], None]:
    left = [times]

    def fail(_: StatusChange) -> None:
        if left[0]:
            left[0] -= 1
            raise error

    return fail


def test_changes_of_a_job_arrive_in_order_through_failures(
    started: Callable[..., Outbox],
) -> None:
    sink = Recorder(failing(3, TransientFailure("recorder", "Away.")))
    box, job = started(sink), uuid4()
    for status in ("queued", "drafting", "ready"):
        box.add(change(job, status, 0))
    assert box.wait_until_empty(5)
    assert sink.of(job) == ["queued", "drafting", "ready"]
    assert sink.tries == 6


def test_a_job_that_cannot_be_told_keeps_up_no_other(started: Callable[..., Outbox]) -> None:
    bad, good = uuid4(), uuid4()

    def refuse(each: StatusChange) -> None:
        if each.job_id == bad:
            raise TransientFailure("recorder", "Not this one.")

    sink = Recorder(refuse)
    box = started(sink)
    box.add(change(bad, "queued", 1))
    for number in range(20):
        box.add(change(good, "queued", number))
    while len(sink.told) < 20:
        assert not box.wait_until_empty(0.01)
    assert sink.of(bad) == []
    assert box.pending_since() == change(bad, "queued", 1).changed_at


def test_after_its_patience_a_change_is_given_up_and_the_next_has_its_turn(
    started: Callable[..., Outbox], caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(each: StatusChange) -> None:
        if each.status == "queued":
            raise TransientFailure("recorder", "Away.")

    sink = Recorder(refuse)
    box, job = started(sink, patience_s=0.05), uuid4()
    box.add(change(job, "queued", 0))
    box.add(change(job, "ready", 1))
    assert box.wait_until_empty(5)
    assert sink.of(job) == ["ready"]
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert str(job) in record.getMessage()
    assert sink.tries > 2


@pytest.mark.parametrize("error", [BadOutput("recorder", "No."), RuntimeError("hidden-word")])
def test_what_will_not_pass_is_tried_once_and_logged_without_a_faults_words(
    started: Callable[..., Outbox], error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Recorder(failing(1, error))
    box, job = started(sink), uuid4()
    box.add(change(job, "queued", 0))
    box.add(change(job, "ready", 1))
    assert box.wait_until_empty(5)
    assert sink.of(job) == ["ready"]
    assert sink.tries == 2
    assert str(job) in caplog.text
    assert "hidden-word" not in caplog.text


def test_a_sink_that_hangs_keeps_up_neither_the_caller_nor_another_sink(
    started: Callable[..., Outbox],
) -> None:
    let_go = threading.Event()
    stuck = started(Recorder(lambda _: bool(let_go.wait(30)) and None))
    quick_sink = Recorder()
    quick = started(quick_sink)
    for box in (stuck, quick):
        for number in range(5):
            box.add(change(uuid4(), "queued", number))
    assert quick.wait_until_empty(5)
    assert stuck.pending_since() is not None
    let_go.set()
    assert stuck.wait_until_empty(5)


def test_a_sink_that_asks_for_time_gets_it(started: Callable[..., Outbox]) -> None:
    sink = Recorder(failing(1, RateLimited("recorder", "Slower.", retry_after_s=0.2)))
    box = started(sink)
    box.add(change(uuid4(), "queued", 0))
    assert not box.wait_until_empty(0.1)
    assert sink.tries == 1
    assert box.wait_until_empty(5)


def test_trouble_is_logged_when_it_begins_and_when_it_ends(
    started: Callable[..., Outbox], caplog: pytest.LogCaptureFixture
) -> None:
    box = started(Recorder(failing(5, TransientFailure("recorder", "Away."))))
    box.add(change(uuid4(), "queued", 0))
    assert box.wait_until_empty(5)
    lines = [each.getMessage() for each in caplog.records]
    assert lines == ["recorder: Away. It is tried again.", "recorder: works again."]


def test_a_stopped_outbox_tells_nothing_more_and_closes_its_sink(
    started: Callable[..., Outbox],
) -> None:
    sink = Recorder()
    box = started(sink)
    box.stop()
    box.add(change(uuid4(), "queued", 0))
    assert not box.wait_until_empty(0.05)
    assert sink.told == []
    assert sink.is_closed
