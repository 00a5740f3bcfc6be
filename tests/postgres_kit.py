"""A real Postgres on loopback for tests, with a password and a log that they can read."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deployments.scale.postgres import AS_NOBODY, find_programs, make_data, server_command

PASSWORD = "hush-hush-secret"
_START_S = 30.0


@dataclass
class Postgres:
    """A server that may be stopped and started again; its data stays."""

    directory: Path
    binaries: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        return f"postgresql://reels:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        with (self.directory / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *server_command(self.binaries, self.directory / "data", self.port),
                    *("-c", "fsync=off"),
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                **AS_NOBODY,
            )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.directory / "server.log").read_text()
                assert time.monotonic() < deadline, "Postgres did not start"
                time.sleep(0.05)

    def stop(self) -> None:
        """End it and every connection, as an administrator's restart does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
            self.process = None

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of the answer; none when it has none."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server with an empty database; the test is skipped where there is no Postgres, unless
    `CI` is set: there it fails."""
    binaries = find_programs()
    if binaries is None:
        reason = "no Postgres (initdb, postgres) on PATH or in /usr/lib/postgresql"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; scripts/install-test-packages installs it")
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Postgres(directory, binaries, _free_port())
    try:
        make_data(binaries, directory, "reels", PASSWORD)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
