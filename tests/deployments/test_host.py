"""A pool's worker in a container: its engine beside it, and a stop that ends no run."""

from __future__ import annotations

import asyncio
import copy
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deployments.engine.processes import descendants
from deployments.plan import answers, free_addresses
from deployments.pools import REPOSITORY, engine_command
from deployments.procfs import is_running
from tests.deployments.conftest import EmbeddedServer, Processes, until

pytestmark = pytest.mark.slow
FLOWS = "tests.deployments.engine.sample_flows"
CODE = """
import sys
from pathlib import Path
from deployments.host import Host, serve
from deployments.pools import Pool
pool = Pool(sys.argv[1], "of a test", 2, (sys.argv[2],))
sys.exit(serve(Host(pool, Path(sys.argv[3]), ("--limit", "2"), grace_s=float(sys.argv[4]))))
"""


class Hosted:
    """A host of its own pool, as a container runs it, and the runs that it is given."""

    def __init__(self, server: EmbeddedServer, processes: Processes, folder: Path) -> None:
        self._server = server
        self._pool = f"h-{uuid4().hex[:8]}"
        self._folder = folder
        api_url = free_addresses().api_url
        self.health = f"{api_url}/health"
        webserver = {
            "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
            "PREFECT_WORKER_WEBSERVER_PORT": api_url.rpartition(":")[2],
        }
        self._processes = replace(processes, environment=processes.environment | webserver)
        processes.started = self._processes.started
        asyncio.run(self._create_pool())
        self._deployment = self._deploy("wait_at_gate")

    async def _create_pool(self) -> None:
        from prefect.workers.process import ProcessWorker

        template = copy.deepcopy(ProcessWorker.get_default_base_job_template())
        variables = template["variables"]["properties"]
        socket = self._folder / f"{self._pool}.sock"
        variables["command"]["default"] = engine_command(socket)
        variables["working_dir"]["default"] = str(REPOSITORY)
        body = {"name": self._pool, "type": "process", "base_job_template": template}
        self._server.client.post("/work_pools/", json=body).raise_for_status()

    def _deploy(self, flow: str) -> str:
        client = self._server.client
        flow_id = client.post("/flows/", json={"name": flow.replace("_", "-")}).json()["id"]
        body = {
            "name": self._pool,
            "flow_id": flow_id,
            "work_pool_name": self._pool,
            "entrypoint": f"{FLOWS}.{flow}",
        }
        return str(client.post("/deployments/", json=body).raise_for_status().json()["id"])

    def start(self, grace_s: float) -> subprocess.Popen[bytes]:
        words = ("-c", CODE, self._pool, FLOWS, str(self._folder), str(grace_s))
        host = self._processes.python("host", *words)
        until(lambda: host.poll() is not None or answers(self.health), "the worker is healthy")
        assert host.poll() is None, (self._folder / "host.log").read_text()
        return host

    def run(self, mark: Path) -> str:
        os.mkfifo(f"{mark}.gate")
        body = {"parameters": {"mark": str(mark)}, "state": {"type": "SCHEDULED"}}
        path = f"/deployments/{self._deployment}/create_flow_run"
        return str(self._server.client.post(path, json=body).raise_for_status().json()["id"])

    def state(self, run: str) -> Any:
        return self._server.client.get(f"/flow_runs/{run}").json()["state"]["type"]


@pytest.fixture
def hosted(server: EmbeddedServer, processes: Processes, tmp_path: Path) -> Hosted:
    return Hosted(server, processes, tmp_path)


def test_a_stop_waits_for_the_runs_and_takes_no_further_one(hosted: Hosted, tmp_path: Path) -> None:
    host, mark, later = hosted.start(120), tmp_path / "held", tmp_path / "later"
    held = hosted.run(mark)
    until(mark.exists, "the run is at work")
    host.send_signal(signal.SIGTERM)
    left = hosted.run(later)
    with pytest.raises(subprocess.TimeoutExpired):
        host.wait(timeout=8)
    assert hosted.state(held) == "RUNNING"

    Path(f"{mark}.gate").write_bytes(b"open")
    assert host.wait(timeout=60) == 0
    assert hosted.state(held) == "COMPLETED"
    assert hosted.state(left) == "SCHEDULED"
    assert not later.exists()


def test_a_run_that_takes_too_long_for_a_stop_ends_with_its_host(
    hosted: Hosted, tmp_path: Path
) -> None:
    host, mark = hosted.start(0.5), tmp_path / "held"
    hosted.run(mark)
    until(lambda: mark.exists() and mark.read_text() != "", "the run is at work")
    process = int(mark.read_text())
    assert process in descendants(host.pid)
    host.send_signal(signal.SIGTERM)
    assert host.wait(timeout=60) == 0
    until(lambda: not is_running(process), "the run's process is gone", 20)


def test_a_host_whose_engine_has_died_ends_so_that_it_is_started_anew(hosted: Hosted) -> None:
    host = hosted.start(60)
    engine = next(
        pid
        for pid in descendants(host.pid)
        if b"deployments.engine.server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(engine, signal.SIGKILL)
    assert host.wait(timeout=60) == 1
