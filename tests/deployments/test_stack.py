"""The whole embedded stack: up, kept up, stopped; one start serves several tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments import procfs
from deployments.pools import REPOSITORY, pools
from deployments.stack import Stack, running_stack
from reels.errors import Unavailable
from tests.deployments.conftest import until

pytestmark = pytest.mark.slow
NOBODY = "http://127.0.0.1:9/api"


def processes_of(stack: Stack) -> dict[int, str]:
    """Every process that runs in the stack's environment, with its command line."""
    name, value = "VIDEO_SERVICE_DATA_DIR", str(stack.layout.data_dir)
    own = [pid for pid in procfs.pids() if procfs.has_variable(pid, name, value)]
    return {pid: procfs.words(pid) for pid in own if procfs.is_running(pid)}


def client_of(stack: Stack, word: str) -> int:
    """The process that stands for a warm service, by a word of its command."""
    clients = {
        pid: words
        for pid, words in processes_of(stack).items()
        if "engine/client.py" in words and word in words
    }
    assert len(clients) == 1, clients
    return next(iter(clients))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Stack]:
    """A stack for a user whose own Prefect settings point elsewhere."""
    hostile = {"HOME": str(home), "PREFECT_API_URL": NOBODY, "PREFECT_PROFILE": "mine"}
    hostile |= {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    with running_stack(tmp_path_factory.mktemp("stack"), environment=hostile) as running:
        yield running


def test_every_pool_has_its_deployment_and_a_worker(stack: Stack) -> None:
    """Jobs, transcriptions and renders each have a pool that a worker asks."""
    with httpx.Client(base_url=stack.addresses.prefect_api_url, trust_env=False) as prefect:
        deployments = prefect.post("/deployments/filter", json={}).json()
        assert {each["work_pool_name"] for each in deployments} == {pool.name for pool in pools()}
        for pool in pools():
            until(
                lambda name=pool.name: any(
                    worker["status"] == "ONLINE"
                    for worker in prefect.post(f"/work_pools/{name}/workers/filter", json={}).json()
                ),
                f"a worker of {pool.name} is online",
            )


def test_the_users_own_prefect_is_left_alone(stack: Stack, home: Path) -> None:
    """The stack is up although the user's settings name a server that does not answer, and
    nothing was written to the user's home."""
    assert httpx.get(f"{stack.addresses.api_url}/health", trust_env=False).is_success
    assert not (home / ".prefect").exists()


def test_a_second_stack_in_the_same_directory_is_refused(stack: Stack) -> None:
    """The message names the process that holds the directory, and what to do."""
    second = subprocess.run(
        [sys.executable, "-m", "deployments.up"],
        cwd=REPOSITORY,
        env={**os.environ, "VIDEO_SERVICE_DATA_DIR": str(stack.layout.data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert f"process {stack.supervisor_pid}" in second.stderr
    assert "VIDEO_SERVICE_DATA_DIR" in second.stderr
    assert httpx.get(f"{stack.addresses.api_url}/health", trust_env=False).is_success


@pytest.mark.parametrize("word", ["worker start --type process --pool gpu", "render.sock"])
def test_a_killed_worker_or_engine_is_started_again(stack: Stack, word: str) -> None:
    """The supervisor replaces what has died."""
    killed = client_of(stack, word)
    os.kill(killed, signal.SIGKILL)

    def is_replaced() -> bool:
        clients = [
            pid
            for pid, words in processes_of(stack).items()
            if "engine/client.py" in words and word in words
        ]
        return len(clients) == 1 and clients != [killed]

    until(is_replaced, f"{word} runs again")


def test_a_killed_supervisor_takes_everything_along(tmp_path: Path) -> None:
    """After SIGKILL to the supervisor no process of the stack is left, and the directory is
    free for another."""
    with running_stack(tmp_path) as stack:
        assert len(processes_of(stack)) > 10
        os.kill(stack.supervisor_pid, signal.SIGKILL)
        own = os.getpid()
        until(lambda: not set(processes_of(stack)) - {own}, "all are gone", 15)
        stack.layout.lock().close()


def test_a_stack_that_cannot_start_says_why_and_stops(tmp_path: Path) -> None:
    """A deployment that cannot be loaded ends the start with the end of its log."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        "name: broken\npull: []\ndeployments:\n"
        "- {name: x, entrypoint: flows.nowhere.flow, work_pool: {name: pipeline}}\n"
    )
    began = time.monotonic()
    with (
        pytest.raises(Unavailable, match=r"flows\.nowhere") as raised,
        running_stack(tmp_path / "data", definitions=broken),
    ):
        pass
    assert "deployments.log" in str(raised.value)
    assert time.monotonic() - began < 120
