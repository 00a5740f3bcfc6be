"""What tests share and start once: a Prefect server with nothing of the user's, a fake cloud."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
    temporary_settings,
)

from deployments.fake_cloud.running import Cloud, running_cloud

START_S = 120
#: The fixtures that start a server, here and in the folders' own conftest files.
SERVERS = {"prefect_server", "prefect_url", "server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what waits for a server to start, before anything is chosen by marks."""
    for item in items:
        if isinstance(item, pytest.Function) and not SERVERS.isdisjoint(item.fixturenames):
            item.add_marker("slow")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The embedded server on a fresh database; the variables that lead a process to it."""
    home = tmp_path_factory.mktemp("prefect")
    port = _free_port()
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_LOCAL_STORAGE_PATH": str(home / "storage"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "REELWRIGHT_BELL": str(home / "bell"),
    }
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "deployments.server", "--port", str(port)],
            cwd=Path(__file__).parent.parent,
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"{environment['PREFECT_API_URL']}/health", server, home / "server.log")
        yield environment
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture
def prefect_environment(prefect_server: dict[str, str]) -> Iterator[dict[str, str]]:
    """Lets this test's own process use the server; the variables, for other processes."""
    updates = {
        PREFECT_API_URL: prefect_server["PREFECT_API_URL"],
        PREFECT_HOME: prefect_server["PREFECT_HOME"],
        PREFECT_LOCAL_STORAGE_PATH: prefect_server["PREFECT_LOCAL_STORAGE_PATH"],
    }
    with temporary_settings(updates=updates):
        yield prefect_server


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of this test's own, with the local store chosen by the environment."""
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VIDEO_SERVICE_STORE", "local")
    return tmp_path / "data"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if client.get(address).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
    pytest.fail(f"The Prefect server did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def cloud_server() -> Iterator[Cloud]:
    with running_cloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(cloud_server: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The fake cloud without calls and faults, to which the settings send every provider."""
    for name, value in cloud_server.environment().items():
        monkeypatch.setenv(name, value)
    cloud_server.state.reset()
    yield cloud_server
    cloud_server.state.reset()
    cloud_server.state.keys.clear()
