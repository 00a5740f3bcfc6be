"""The engine and its client, with plain modules in place of flow runs."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments.engine.sockets import is_alive
from deployments.pools import REPOSITORY, engine_client
from deployments.procfs import is_running
from tests.deployments.conftest import until

pytestmark = pytest.mark.slow

PROBE = "tests.deployments.engine.probe"


class RunningEngine:
    """An engine in a process of its own."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deployments.engine.server", str(self.socket)],
            cwd=REPOSITORY,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: is_alive(self.socket), "the engine listens")

    def end(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    running = RunningEngine(tmp_path_factory.mktemp("engine") / "e.sock")
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[RunningEngine]:
    """An engine that its test may kill."""
    running = RunningEngine(tmp_path / "mortal.sock")
    yield running
    running.end(signal.SIGKILL)


def client(engine: RunningEngine, *words: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        engine_client(engine.socket, PROBE, *words),
        **{"cwd": REPOSITORY, "text": True, **options},  # type: ignore[call-overload]
    )


def helper_of(mark: Path) -> tuple[int, int]:
    until(lambda: mark.exists() and len(mark.read_text().split()) == 2, "the helper runs")
    run, helper = mark.read_text().split()
    return int(run), int(helper)


def test_a_run_gets_the_clients_world_and_not_the_engines(
    engine: RunningEngine, tmp_path: Path
) -> None:
    """Environment, directory, arguments, stdio and Prefect's settings are the client's own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
        "PREFECT_HOME": str(tmp_path),
        "LC_CTYPE": "C.UTF-8",
        "ONLY_HERE": "да\nline two=x",
    }
    process = client(
        engine,
        *("report", "a b", ""),
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = process.communicate("from stdin", timeout=30)
    assert process.returncode == 0, err
    seen = json.loads(out)
    assert seen["environment"] == environment
    assert seen["cwd"] == str(tmp_path)
    assert seen["path"][0] == str(tmp_path)
    assert seen["arguments"] == ["report", "a b", ""]
    assert seen["api_url"] == "http://127.0.0.1:1/api"
    assert seen["stdin"] == "from stdin"
    assert seen["threads"] == 1
    assert seen["term_is_default"]
    assert err.endswith("to stderr\n")


def test_the_exit_code_is_the_runs(engine: RunningEngine) -> None:
    """The worker reads the same exit code as from a process of its own."""
    assert client(engine, "end", "7").wait(timeout=30) == 7


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_death_by_signal_is_the_runs(engine: RunningEngine, number: int) -> None:
    """A run that a signal killed makes its client end by the same signal."""
    assert client(engine, "be-killed-by", str(int(number))).wait(timeout=30) == -number


def test_a_signal_to_the_client_reaches_the_run(engine: RunningEngine, tmp_path: Path) -> None:
    """SIGTERM to the client runs the handler in the fork, whose exit code comes back."""
    mark = tmp_path / "mark"
    process = client(engine, "handle-term", str(mark))
    until(lambda: mark.exists() and mark.read_text() == "waiting", "the run waits")
    process.terminate()
    assert process.wait(timeout=20) == 5
    assert mark.read_text() == "terminated"


def test_a_terminated_run_loses_its_helpers(engine: RunningEngine, tmp_path: Path) -> None:
    """A helper in a session of its own, on which a thread waits, is ended soon after the run
    was told to end."""
    mark = tmp_path / "mark"
    process = client(engine, "wait-for-helper", str(mark), "own")
    run, helper = helper_of(mark)
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert not is_running(run)
    assert not is_running(helper)


def test_a_killed_client_takes_the_run_and_its_helpers(
    engine: RunningEngine, tmp_path: Path
) -> None:
    """The worker's hard kill hits only the client; the engine ends the rest."""
    mark = tmp_path / "mark"
    process = client(engine, "wait-for-helper", str(mark), "own")
    run, helper = helper_of(mark)
    process.kill()
    process.wait()
    until(lambda: not is_running(run) and not is_running(helper), "run and helper are gone", 10)


def test_runs_are_reaped(engine: RunningEngine) -> None:
    """The engine leaves no zombie behind."""
    for _ in range(3):
        client(engine, "end", "0").wait(timeout=30)
    children = Path(f"/proc/{engine.process.pid}/task/{engine.process.pid}/children")
    until(lambda: children.read_text() == "", "no child is left", 10)


def test_only_the_user_may_reach_the_socket(engine: RunningEngine) -> None:
    """The socket's mode is 0600."""
    assert stat.S_IMODE(engine.socket.stat().st_mode) == 0o600


@pytest.mark.slow
def test_a_killed_engine_takes_its_runs(mortal: RunningEngine, tmp_path: Path) -> None:
    """When the engine is killed, run and helper end, and the client ends as one killed."""
    mark = tmp_path / "mark"
    process = client(mortal, "wait-for-helper", str(mark), "shared")
    run, helper = helper_of(mark)
    mortal.end(signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL
    until(lambda: not is_running(run) and not is_running(helper), "run and helper are gone", 10)


@pytest.mark.slow
def test_a_stopped_engine_stops_its_runs(mortal: RunningEngine, tmp_path: Path) -> None:
    """SIGTERM to the engine reaches its runs first; then it ends and removes its socket."""
    mark = tmp_path / "mark"
    process = client(mortal, "handle-term", str(mark))
    until(lambda: mark.exists() and mark.read_text() == "waiting", "the run waits")
    mortal.end(signal.SIGTERM)
    assert process.wait(timeout=20) == 5
    assert not mortal.socket.exists()


def _never_there(_engine: RunningEngine, socket: Path) -> Path:
    return socket.with_name("none.sock")


def _killed(engine: RunningEngine, socket: Path) -> Path:
    engine.end(signal.SIGKILL)
    assert socket.exists()
    return socket


@pytest.mark.slow
@pytest.mark.parametrize("lose", [_never_there, _killed])
def test_without_an_engine_the_client_does_the_work(
    mortal: RunningEngine, lose: Callable[[RunningEngine, Path], Path]
) -> None:
    """With no socket, or one that a killed engine has left, the run starts cold and says so."""
    socket = lose(mortal, mortal.socket)
    process = subprocess.run(
        engine_client(socket, PROBE, "end", "7"), cwd=REPOSITORY, capture_output=True, text=True
    )
    assert process.returncode == 7
    assert "no warm engine" in process.stderr


@pytest.mark.slow
def test_a_new_engine_takes_over_a_stale_socket(mortal: RunningEngine) -> None:
    """An engine started where another was killed serves at the same path."""
    mortal.end(signal.SIGKILL)
    mortal.start()
    assert client(mortal, "end", "7").wait(timeout=30) == 7


@pytest.mark.slow
def test_a_thread_in_a_preloaded_module_stops_the_engine(tmp_path: Path) -> None:
    """Forking beside a thread could lock a run for ever, so the engine refuses to start."""
    (tmp_path / "threaded.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    process = subprocess.run(
        [
            *(sys.executable, "-m", "deployments.engine.server"),
            *(str(tmp_path / "e.sock"), "--preload", "threaded"),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 1
    assert "started a thread" in process.stderr
