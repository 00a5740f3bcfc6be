"""Which machine has a run at work: the one whose death counts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deployments.engine.processes import descendants
from deployments.pools import CLIENT
from deployments.scale.machine import Machine


def busy(machines: Sequence[Machine]) -> Machine | None:
    """One that has a run at work now."""
    return next((machine for machine in machines if runs_of(machine)), None)


def runs_of(machine: Machine) -> int:
    """How many runs a worker has: each has a client of the engine below it."""
    pid = machine.service.pid
    return 0 if pid is None else sum(_is_client(each) for each in descendants(pid))


def _is_client(pid: int) -> bool:
    with suppress(OSError):
        return str(CLIENT).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False
