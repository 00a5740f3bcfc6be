"""One process of the stack: started in a session of its own, logged to a file, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployments.engine.child import die_with_parent
from deployments.engine.processes import kill_tree
from deployments.pools import REPOSITORY

TAIL_BYTES = 2_000


class Service:
    """A named process. It ends with its supervisor, even when that is killed (Linux)."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path
    ) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self.started_at = 0.0
        self._command = list(command)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Must be called from the supervisor's main thread, which outlives it."""
        supervisor = os.getpid()
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(supervisor),
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return None if self._process is None else self._process.poll()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """None before it was started."""
        return None if self._process is None else self._process.pid

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and all below it now. The engine ends what it has forked for it."""
        if self._process is not None and self._process.poll() is None:
            kill_tree(self._process.pid)
            self._process.wait()

    def tail(self) -> str:
        """The end of its log."""
        try:
            content = self.log.read_bytes()[-TAIL_BYTES:]
        except OSError:
            return ""
        return content.decode(errors="replace").strip()


def stop_all(services: Sequence[Service], grace_s: float) -> None:
    """Stop side by side; what still runs after `grace_s` is killed."""
    for service in services:
        service.ask_to_stop()
    deadline = time.monotonic() + grace_s
    while any(service.is_running for service in services) and time.monotonic() < deadline:
        time.sleep(0.02)
    for service in services:
        service.kill()
