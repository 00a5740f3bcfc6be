"""Processes that tell that they live, are stopped, and find their run gone when they go on."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.schemas.objects import State, StateType

from flows.heart import now_s
from reels.observing.carried import BEAT_LABEL
from reels.stages import RECOVERED_STATE
from tests.deployments.conftest import Processes, until
from tests.deployments.keeper.conftest import Runs

LEASE_S = 1.5
SCRIPT = str(Path(__file__).with_name("a_process.py"))

Start = Callable[[UUID, str], subprocess.Popen[bytes]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.fixture
def start(processes: Processes, file: Path, runs: Runs) -> Start:
    """A process that works on a run, once it has given its first sign of life."""
    processes.environment |= {
        "VIDEO_SERVICE_HEARTBEAT_S": "0.5",
        "VIDEO_SERVICE_LEASE_S": str(LEASE_S),
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }

    def started(run_id: UUID, action: str) -> subprocess.Popen[bytes]:
        process = processes.python("process", SCRIPT, str(run_id), str(file), action)
        until(lambda: bool(beat_of(runs, run_id)), "a sign of life")
        return process

    return started


def beat_of(runs: Runs, run_id: UUID) -> str:
    return str(runs.read(run_id).labels.get(BEAT_LABEL, ""))


def stop_beyond_the_lease(process: subprocess.Popen[bytes]) -> float:
    """When it was stopped."""
    process.send_signal(signal.SIGSTOP)
    stopped_s = now_s()
    until(lambda: now_s() > stopped_s + LEASE_S, "the lease to be over")
    return stopped_s


def test_a_process_beats_and_one_that_was_stopped_writes_nothing_once_another_has_its_run(
    runs: Runs, start: Start, file: Path
) -> None:
    run = runs.new(StateType.RUNNING)
    process = start(run, "write")
    first = beat_of(runs, run)
    until(lambda: beat_of(runs, run) != first, "another sign of life")
    until(file.exists, "its first line")

    stopped_s = stop_beyond_the_lease(process)
    runs.beat(run, "another.1")
    woken_s = now_s()
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 0
    written_s = [float(line) for line in file.read_text().split()]
    assert min(written_s) < stopped_s
    assert max(written_s) < woken_s
    assert beat_of(runs, run) == "another.1"


def test_a_process_that_was_stopped_cannot_end_a_run_that_is_begun_again(
    runs: Runs, start: Start, file: Path
) -> None:
    run = runs.new(StateType.RUNNING)
    process = start(run, "complete")
    stop_beyond_the_lease(process)
    runs.set(run, State(type=StateType.SCHEDULED, name=RECOVERED_STATE))
    file.touch()
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 0
    assert runs.name_of(run) == RECOVERED_STATE


def test_a_process_whose_run_somebody_has_ended_ends_without_a_word(
    runs: Runs, start: Start
) -> None:
    run = runs.new(StateType.RUNNING)
    process = start(run, "complete")
    runs.set(run, State(type=StateType.FAILED, name="Failed"))
    assert process.wait(60) == 0
    assert runs.name_of(run) == "Failed"


def test_what_a_process_calls_a_crash_of_its_job_is_begun_again(
    runs: Runs, start: Start, file: Path
) -> None:
    run = runs.new(StateType.RUNNING)
    process = start(run, "crash")
    file.touch()
    assert process.wait(60) == 0
    assert runs.name_of(run) == RECOVERED_STATE
