"""One container of the Compose file as a process with directories and a port of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployments.engine.client import SOCKETS_VARIABLE
from deployments.plan import answers
from deployments.pools import REPOSITORY
from deployments.scale.composed import Role
from deployments.service import Service
from reels.errors import Unavailable

#: Directories that every container has to itself, by their names in the directory of a machine.
_OWN = {"/var/lib/reelwright": "home", "/run/reelwright": "run", "/tmp": "tmp"}
_NOT_OURS = ("PREFECT_", "VIDEO_SERVICE_", "AWS_")


@dataclass(frozen=True, eq=False)
class Machine:
    """`number` counts from 1 in its role. `port` is 0 where the role has none."""

    role: Role
    number: int
    port: int
    service: Service
    command: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_well(self) -> bool:
        """Whether it answers where its health is asked for; without such a place, whether it runs.

        Raises:
            Unavailable: it has ended.
        """
        if not self.service.is_running:
            raise self.ended()
        check = self.role.check
        return check is None or answers(f"{self.url}{check.path}")

    def is_done(self) -> bool:
        """Whether it has ended well.

        Raises:
            Unavailable: it has ended otherwise.
        """
        if self.service.exit_code not in (None, 0):
            raise self.ended()
        return self.service.exit_code == 0

    def ended(self) -> Unavailable:
        return Unavailable(
            f"{self.service.name} ended with {self.service.exit_code}. The end of its log:\n"
            f"{self.service.tail()}\n",
            remedy=f"The whole log: {self.service.log}",
        )

    def kill(self) -> None:
        """As when its power is cut: it and all below it, at once."""
        self.service.kill()

    def ask(self, *words: str) -> str:
        """What a module of Python prints that is run here, as by `docker compose exec`.

        Raises:
            Unavailable: it failed; holds what it said.
        """
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=REPOSITORY,
            env=dict(self.environment),
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Unavailable(f"{' '.join(words)} in {self.service.name}: {done.stderr.strip()}")
        return done.stdout.strip()


def make_machine(
    role: Role, number: int, port: int, root: Path, logs: Path, names: Mapping[str, str]
) -> Machine:
    """Lay one out; nothing is started. `names` maps a container's addresses to this machine's."""
    name = f"{role.name}-{number}"
    own = {inner: str(root / name / outer) for inner, outer in _OWN.items()}
    for directory in own.values():
        Path(directory).mkdir(parents=True, mode=0o700)
    translated = {**names, "0.0.0.0": "127.0.0.1", "/srv/reelwright": str(REPOSITORY), **own}

    inside = re.compile("|".join(map(re.escape, translated)))

    def outside(text: str) -> str:
        if role.check is not None and text == str(role.check.port):
            return str(port)
        return inside.sub(lambda found: translated[found[0]], text)

    environment = {
        **_surroundings(),
        **{key: outside(value) for key, value in role.environment.items() if key != "PATH"},
        "TMPDIR": own["/tmp"],
        # The pools name one socket for all machines of a pool, which have it in /run each.
        SOCKETS_VARIABLE: own["/run/reelwright"],
    }
    command = tuple(sys.executable if word == "python" else outside(word) for word in role.command)
    service = Service(name, command, environment, logs)
    return Machine(role, number, port, service, command, environment)


def _surroundings() -> dict[str, str]:
    """Of this process's environment what has nothing to say about the stack."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_OURS) and not name.lower().endswith("_proxy")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, "PATH": path, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
