"""A real Postgres on loopback for tests, with a password and a log that they can read."""

from __future__ import annotations

import glob
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

PASSWORD = "hush-hush-secret"
_START_S = 30.0
#: Postgres refuses to be run by root.
_AS: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}


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
                    *(str(self.binaries / "postgres"), "-D", str(self.directory / "data")),
                    *("-p", str(self.port), "-c", "listen_addresses=127.0.0.1"),
                    *("-c", "unix_socket_directories=", "-c", "fsync=off"),
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                **_AS,
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
    binaries = _binaries()
    if binaries is None:
        reason = "no Postgres (initdb, postgres) on PATH or in /usr/lib/postgresql"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; scripts/install-test-packages installs it")
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Postgres(directory, binaries, _free_port())
    try:
        _initialise(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _binaries() -> Path | None:
    """The directory of the programs, by their real path: they look for their parts beside it."""
    on_path = [shutil.which("initdb") or ""]
    packaged = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)
    for found in filter(None, [*on_path, *packaged]):
        directory = Path(found).resolve().parent
        if (directory / "postgres").exists():
            return directory
    return None


def _initialise(server: Postgres) -> None:
    password = server.directory / "password"
    password.write_text(PASSWORD)
    if _AS:
        shutil.chown(server.directory, "nobody")
        shutil.chown(password, "nobody")
    done = subprocess.run(
        [
            *(str(server.binaries / "initdb"), "-D", str(server.directory / "data")),
            *("-U", "reels", f"--pwfile={password}", "--auth=scram-sha-256"),
            *("--no-sync", "--encoding=UTF8", "--locale=C"),
        ],
        capture_output=True,
        text=True,
        cwd=server.directory,
        **_AS,
    )
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
