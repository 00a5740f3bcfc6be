"""Flow runs through the warm engine, under the stock process worker and a real server."""

from __future__ import annotations

import asyncio
import copy
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.engine.sockets import is_alive
from deployments.pools import REPOSITORY, engine_command
from deployments.procfs import is_running
from tests.deployments.conftest import EmbeddedServer, Processes, until

pytestmark = pytest.mark.slow
FLOWS = "tests.deployments.engine.sample_flows"
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class Pool:
    """A pool whose runs go through the engine at `socket`, with its worker."""

    def __init__(self, server: EmbeddedServer, processes: Processes, socket: Path) -> None:
        self.socket = socket
        self._server = server
        self._processes = processes
        self._name = socket.parent.name
        asyncio.run(self._create_pool())
        self._deployments = {name: self._deploy(name) for name in ("leave_mark", "run_helper")}
        self._processes.python(
            "worker",
            *("-m", "prefect", "worker", "start", "--type", "process"),
            *("--pool", self._name, "--limit", "4"),
        )

    async def _create_pool(self) -> None:
        from prefect.workers.process import ProcessWorker

        template = copy.deepcopy(ProcessWorker.get_default_base_job_template())
        variables = template["variables"]["properties"]
        variables["command"]["default"] = engine_command(self.socket)
        variables["working_dir"]["default"] = str(REPOSITORY)
        body = {"name": self._name, "type": "process", "base_job_template": template}
        self._server.client.post("/work_pools/", json=body).raise_for_status()

    def _deploy(self, flow: str) -> str:
        client = self._server.client
        flow_id = client.post("/flows/", json={"name": flow.replace("_", "-")}).json()["id"]
        body = {
            "name": self._name,
            "flow_id": flow_id,
            "work_pool_name": self._name,
            "entrypoint": f"{FLOWS}.{flow}",
        }
        return str(client.post("/deployments/", json=body).raise_for_status().json()["id"])

    def start_engine(self) -> subprocess.Popen[bytes]:
        engine = self._processes.python(
            "engine", "-m", "deployments.engine.server", str(self.socket), "--preload", FLOWS
        )
        until(lambda: is_alive(self.socket), "the engine listens")
        return engine

    def run(self, flow: str, mark: Path) -> str:
        body = {"parameters": {"mark": str(mark)}, "state": {"type": "SCHEDULED"}}
        path = f"/deployments/{self._deployments[flow]}/create_flow_run"
        return str(self._server.client.post(path, json=body).raise_for_status().json()["id"])

    def state(self, run: str) -> Any:
        return self._server.client.get(f"/flow_runs/{run}").json()["state"]

    def end_of(self, run: str) -> str:
        until(lambda: self.state(run)["type"] in FINAL, f"run {run} ends")
        return str(self.state(run)["type"])

    def cancel(self, run: str) -> None:
        body = {"state": {"type": "CANCELLING"}}
        self._server.client.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()


@pytest.fixture
def pool(server: EmbeddedServer, processes: Processes, tmp_path: Path) -> Iterator[Pool]:
    return Pool(server, processes, tmp_path / "e.sock")


def test_a_run_is_a_fork_of_the_engine(pool: Pool, tmp_path: Path) -> None:
    """The stock worker's run completes in a child of the engine."""
    engine = pool.start_engine()
    mark = tmp_path / "mark"
    assert pool.end_of(pool.run("leave_mark", mark)) == "COMPLETED"
    assert int(mark.read_text().split()[1]) == engine.pid


def test_a_cancel_ends_the_run_and_its_helper(pool: Pool, tmp_path: Path) -> None:
    """A cancelled run ends as Cancelled, and the process that its task waits for is gone."""
    pool.start_engine()
    mark = tmp_path / "mark"
    run = pool.run("run_helper", mark)
    until(lambda: mark.exists() and len(mark.read_text().split()) == 2, "the helper runs")
    process, helper = map(int, mark.read_text().split())
    pool.cancel(run)
    assert pool.end_of(run) == "CANCELLED"
    until(lambda: not is_running(process) and not is_running(helper), "both are gone", 20)


def test_runs_go_on_while_the_engine_is_killed_and_started_again(
    pool: Pool, tmp_path: Path
) -> None:
    """Killing the engine crashes the run it holds; the next starts cold; after a restart
    runs are forked again."""
    marks = [tmp_path / name for name in ("held", "cold", "warm")]
    first = pool.start_engine()
    held = pool.run("run_helper", marks[0])
    until(lambda: marks[0].exists() and len(marks[0].read_text().split()) == 2, "it runs")
    process, helper = map(int, marks[0].read_text().split())
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert pool.end_of(held) == "CRASHED"
    until(lambda: not is_running(process) and not is_running(helper), "both are gone", 20)

    assert pool.end_of(pool.run("leave_mark", marks[1])) == "COMPLETED"
    second = pool.start_engine()
    assert pool.end_of(pool.run("leave_mark", marks[2])) == "COMPLETED"
    assert int(marks[2].read_text().split()[1]) == second.pid


def test_without_an_engine_runs_start_cold(pool: Pool, tmp_path: Path) -> None:
    """Nothing depends on the engine."""
    assert pool.end_of(pool.run("leave_mark", tmp_path / "mark")) == "COMPLETED"
