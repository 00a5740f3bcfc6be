"""The services of the Compose file at work on this machine, for as long as a block of code runs.

Postgres and Redis are those of the distribution, the store is moto's server; nginx is left out,
and a small front stands where Docker's names lead to one of several servers. Nothing that dies
is started again.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deployments.scale.backing import Backing, running_backing
from deployments.scale.composed import Role, read_example, read_roles
from deployments.scale.machine import Machine, make_machine
from reels.errors import Unavailable

START_DEADLINE_S = 600.0
POLL_S = 0.1
#: What this machine has in place of these services.
_REPLACED = frozenset({"postgres", "redis", "store", "nginx"})
_SETTINGS = "VIDEO_SERVICE_"


@dataclass(frozen=True)
class Scale:
    """A set-up that is up. `machines` holds the processes of every service, by its name."""

    machines: Mapping[str, Sequence[Machine]]
    prefect_url: str
    prefect_auth: str
    backing: Backing
    started_in_s: float

    @property
    def prefect_api_url(self) -> str:
        """Of the front before the servers; they want `prefect_auth` as name and password."""
        return f"{self.prefect_url}/api"

    @property
    def api_urls(self) -> tuple[str, ...]:
        return tuple(machine.url for machine in self.machines["api"])

    def api_key(self, user: str, role: str = "user") -> str:
        """A new key of that user, to be sent as a bearer token."""
        words = ("deployments.keys", "make", "--user", user, "--role", role)
        return self.machines["api"][0].ask(*words)


@contextmanager
def running_scale(
    logs: Path,
    *,
    replicas: Mapping[str, int] | None = None,
    settings: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Iterator[Scale]:
    """Start every service in the order of the Compose file, and stop all at the end of the block.

    `replicas` are other numbers than that file's, by service (0 leaves one out); `settings` are
    VIDEO_SERVICE_ variables for all, as in providers.env. What is not in `logs` is temporary and
    removed. Must be entered in the main thread: the processes end with it, killed or not.

    Raises:
        Unavailable: a program is missing, or a process did not start; holds its log's end.
    """
    began = time.monotonic()
    logs.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="rw-"))
    # Postgres runs as another user, below it.
    root.chmod(0o711)
    variables = _variables()
    roles = _chosen(read_roles(variables), replicas or {}, settings or {})
    started: list[Machine] = []
    try:
        with running_backing(root, logs, variables, roles) as backing:
            machines = _machines(roles, root, logs, backing)
            _start(machines, started, say)
            yield Scale(
                machines,
                f"http://127.0.0.1:{backing.ports.front}",
                variables["PREFECT_AUTH"],
                backing,
                time.monotonic() - began,
            )
            _stop(started)
    finally:
        _stop(started)
        shutil.rmtree(root, ignore_errors=True)


def _variables() -> dict[str, str]:
    """The example's, with secrets where it has none."""
    example = read_example()
    filled = {name: value or secrets.token_hex(24) for name, value in example.items()}
    return {**filled, "PREFECT_AUTH": f"ops:{secrets.token_hex(24)}"}


def _chosen(
    roles: Mapping[str, Role], replicas: Mapping[str, int], settings: Mapping[str, str]
) -> dict[str, Role]:
    return {
        name: replace(
            role,
            replicas=replicas.get(name, role.replicas),
            environment={**role.environment, **(settings if _is_ours(role) else {})},
            needs={to: how for to, how in role.needs.items() if to not in {"nginx"}},
        )
        for name, role in roles.items()
    }


def _is_ours(role: Role) -> bool:
    return any(name.startswith(_SETTINGS + "S3_") for name in role.environment)


def _machines(
    roles: Mapping[str, Role], root: Path, logs: Path, backing: Backing
) -> dict[str, list[Machine]]:
    return {
        name: [
            make_machine(
                role, number, backing.ports.of(name, number), root, logs, backing.ports.names()
            )
            for number in range(1, role.replicas + 1)
        ]
        for name, role in roles.items()
        if name not in _REPLACED
    }


def _start(
    machines: Mapping[str, Sequence[Machine]], started: list[Machine], say: Callable[[str], None]
) -> None:
    """Each service as soon as those that it needs are as it needs them; until all are well."""
    deadline = time.monotonic() + START_DEADLINE_S
    waiting = dict(machines)
    met: set[tuple[str, str]] = {(name, "service_healthy") for name in _REPLACED}
    while unwell := _unwell(machines, started, met, say):
        for name in [name for name in waiting if _needs(waiting[name]) <= met]:
            for machine in waiting.pop(name):
                machine.service.start()
                started.append(machine)
        if time.monotonic() > deadline:
            late = ", ".join(sorted(unwell))
            raise Unavailable(f"Not well after {START_DEADLINE_S:.0f} s: {late}.")
        time.sleep(POLL_S)


def _needs(machines: Sequence[Machine]) -> set[tuple[str, str]]:
    return set(machines[0].role.needs.items()) if machines else set()


def _unwell(
    machines: Mapping[str, Sequence[Machine]],
    started: Sequence[Machine],
    met: set[tuple[str, str]],
    say: Callable[[str], None],
) -> set[str]:
    """The services that are not yet as others or we want them; adds to `met` what is."""
    once = {to for group in machines.values() for to, how in _needs(group) if "completed" in how}
    unwell = set()
    for name, group in machines.items():
        how = "service_completed_successfully" if name in once else "service_healthy"
        if (name, how) in met:
            continue
        is_it = Machine.is_done if name in once else Machine.is_well
        if all(machine in started and is_it(machine) for machine in group):
            met.add((name, how))
            say(f"{name} {'done' if name in once else 'up'}")
        else:
            unwell.add(name)
    return unwell


def _stop(started: list[Machine]) -> None:
    """All at once: nothing of what they hold is wanted any more."""
    while started:
        started.pop().kill()
    sys.stderr.flush()
