"""What the services lean on: Postgres, Redis, a store and the front before the servers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from deployments.engine.child import die_with_parent
from deployments.engine.processes import kill_tree
from deployments.plan import answers
from deployments.pools import REPOSITORY
from deployments.scale.composed import Role
from deployments.scale.postgres import AS_NOBODY, find_programs, make_data, server_command
from reels.errors import Unavailable

START_DEADLINE_S = 60.0
POLL_S = 0.05
_INSTALL = "scripts/install-test-packages installs Postgres and Redis; make's .venv has moto."


@dataclass(frozen=True)
class Ports:
    """Free ones of loopback. `roles` holds one for each machine of a service."""

    postgres: int
    redis: int
    store: int
    front: int
    roles: Mapping[str, Sequence[int]]

    def of(self, role: str, number: int) -> int:
        return self.roles[role][number - 1]

    def names(self) -> dict[str, str]:
        """The addresses in the Compose file and its example, and what stands for them here."""
        local = "127.0.0.1"
        return {
            "postgres:5432": f"{local}:{self.postgres}",
            "redis:6379": f"{local}:{self.redis}",
            "store:9000": f"{local}:{self.store}",
            f"{local}:9000": f"{local}:{self.store}",
            "server:4200": f"{local}:{self.front}",
            f"{local}:4200": f"{local}:{self.front}",
            f"{local}:8080": f"{local}:{self.of('api', 1)}",
        }


@dataclass(frozen=True)
class Backing:
    """`dsn` leads to Prefect's database, with its password.

    `cut_database` kills Postgres and starts it again after so many seconds.
    """

    ports: Ports
    dsn: str
    cut_database: Callable[[float], None]


@contextmanager
def running_backing(
    root: Path, logs: Path, variables: Mapping[str, str], roles: Mapping[str, Role]
) -> Iterator[Backing]:
    """Start them below `root`; all are ended at the end of the block.

    Raises:
        Unavailable: a program is missing, or did not start.
    """
    programs, redis = find_programs(), shutil.which("redis-server")
    if programs is None or redis is None or importlib.util.find_spec("moto") is None:
        raise Unavailable("Postgres, Redis or moto is missing here.", remedy=_INSTALL)
    ports = _free_ports(roles)
    password = variables["POSTGRES_PASSWORD"]
    dsn = f"postgresql://prefect:{password}@127.0.0.1:{ports.postgres}/prefect"
    (root / "redis").mkdir()
    (root / "postgres").mkdir()
    data = make_data(programs, root / "postgres", "prefect", password)
    postgres = server_command(programs, data, ports.postgres)
    servers = tuple(str(port) for port in ports.roles["server"])
    with ExitStack() as stack:
        run = _Runner(stack, logs)
        run("postgres", [*postgres, *roles["postgres"].command[1:]], {}, root / "postgres")
        run("redis", _redis(roles["redis"], ports.redis), roles["redis"].environment, root)
        run("store", _moto(ports.store), {}, root)
        front = (sys.executable, "-m", "deployments.scale.front", str(ports.front), *servers)
        run("front", front, {}, REPOSITORY)
        run.until("postgres", lambda: _makes_database(dsn))
        run.until("redis", lambda: _listens(ports.redis))
        run.until("store", lambda: answers(f"http://127.0.0.1:{ports.store}/moto-api/"))
        yield Backing(ports, dsn, partial(_cut_database, run, dsn))


class _Runner:
    """Starts processes that end with the stack of contexts, and with this process in any case."""

    def __init__(self, stack: ExitStack, logs: Path) -> None:
        self._stack = stack
        self._logs = logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._starts: dict[str, Callable[[], None]] = {}

    def __call__(
        self, name: str, command: Sequence[str], more: Mapping[str, str], directory: Path
    ) -> None:
        self._starts[name] = partial(self._start, name, command, more, directory)
        self._starts[name]()

    def again(self, name: str, away_s: float) -> None:
        """Kill it, and start it as before after so long."""
        _end(self._processes[name])
        time.sleep(away_s)
        self._starts[name]()

    def _start(
        self, name: str, command: Sequence[str], more: Mapping[str, str], directory: Path
    ) -> None:
        me = os.getpid()
        how: dict[str, Any] = AS_NOBODY if name == "postgres" else {}
        with (self._logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=directory,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(me),
                **how,
            )
        self._processes[name] = process
        self._stack.callback(_end, process)

    def until(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        process = self._processes[name]
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                log = self._logs / f"{name}.log"
                raise Unavailable(f"{name} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(POLL_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    kill_tree(process.pid)
    process.wait()


def _cut_database(run: _Runner, dsn: str, away_s: float) -> None:
    run.again("postgres", away_s)
    run.until("postgres", lambda: _is_there(dsn))


def _redis(role: Role, port: int) -> tuple[str, ...]:
    """The Compose file's own command, a line of the shell, with a place on this machine."""
    *words, line = role.command
    return (*words, f"{line} --port {port} --bind 127.0.0.1 --dir redis")


def _moto(port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))


def _makes_database(dsn: str) -> bool:
    """Whether the server takes connections; then its database is there, too."""
    server, _, name = dsn.rpartition("/")
    try:
        with psycopg.connect(f"{server}/postgres", connect_timeout=2, autocommit=True) as asked:
            asked.execute(f"CREATE DATABASE {name}".encode())
    except psycopg.OperationalError:
        return False
    return True


def _is_there(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(roles: Mapping[str, Role]) -> Ports:
    asked = [(name, role.replicas) for name, role in roles.items()]
    held = [socket.socket() for _ in range(4 + sum(count for _, count in asked))]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        free = [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()
    by_role = {name: [free.pop() for _ in range(count)] for name, count in asked}
    postgres, redis, store, front = free
    return Ports(postgres, redis, store, front, by_role)
