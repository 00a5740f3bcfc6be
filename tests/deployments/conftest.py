"""A real embedded server, and small helpers to talk to it without Prefect's own client."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deployments.layout import Addresses, Layout
from deployments.plan import answers, free_addresses
from deployments.pools import REPOSITORY


def until(condition: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    """Wait for another process; fails the test when `timeout_s` has passed."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.05)


@dataclass
class Processes:
    """Starts processes in the server's environment and ends them with the test."""

    environment: dict[str, str]
    logs: Path

    def __post_init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def python(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.started):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class EmbeddedServer:
    addresses: Addresses
    environment: dict[str, str]
    client: httpx.Client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The embedded server on a fresh database."""
    layout = Layout(tmp_path_factory.mktemp("server"))
    layout.make()
    addresses = free_addresses()
    environment = layout.environment(addresses, os.environ)
    processes = Processes(environment, layout.logs)
    port = addresses.prefect_url.rpartition(":")[2]
    process = processes.python("server", "-m", "deployments.server", "--port", port)
    try:
        until(
            lambda: process.poll() is not None or answers(f"{addresses.prefect_api_url}/health"),
            "the server answers",
            120,
        )
        assert process.poll() is None, (layout.logs / "server.log").read_text()
        with httpx.Client(
            base_url=addresses.prefect_api_url, timeout=60, trust_env=False
        ) as client:
            yield EmbeddedServer(addresses, environment, client)
    finally:
        processes.stop()


@pytest.fixture
def processes(server: EmbeddedServer, tmp_path: Path) -> Iterator[Processes]:
    started = Processes(server.environment, tmp_path)
    yield started
    started.stop()
