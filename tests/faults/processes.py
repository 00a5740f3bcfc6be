"""Which process does what in a running stack, and how it is struck. Linux only.

What is forked from a warm engine keeps the engine's command line and first environment. It is
known by its output: a service's is its log, a run's the pipe that its stand-in was given.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from deployments import procfs
from deployments.layout import Layout

_STAND_IN = "engine/client.py"


def service_pid(layout: Layout, name: str) -> int | None:
    """The process that does the work of the service `name`, as in `worker-render`."""
    log = str(layout.logs / f"{name}.log")
    found = [
        pid for pid in procfs.pids() if _output(pid) == log and _STAND_IN not in procfs.words(pid)
    ]
    # What it starts may write to its log, too, and is younger.
    return min(found, key=_age) if found else None


def run_pid(run: str) -> int | None:
    """The process that a flow run works in."""
    for stand_in in procfs.pids():
        if not procfs.has_variable(stand_in, "PREFECT__FLOW_RUN_ID", run):
            continue
        pipe = _output(stand_in)
        if _STAND_IN not in procfs.words(stand_in):
            return stand_in
        for pid in procfs.pids():
            if pid != stand_in and pipe and _output(pid) == pipe:
                return pid
    return None


def ffmpeg_pids(run: str) -> list[int]:
    """The processes of ffmpeg that a flow run has."""
    above = run_pid(run)
    return [] if above is None else ffmpegs_below(above)


def ffmpegs_below(top: int) -> list[int]:
    """The processes of ffmpeg that descend from the process `top`."""
    return [pid for pid in _below(top) if "ffmpeg" in _program(pid)]


def hit(pid: int | None, number: int = signal.SIGKILL) -> bool:
    """Whether there was such a process to be sent the signal."""
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def _below(top: int) -> list[int]:
    parents = {pid: procfs.parent(pid) for pid in procfs.pids()}
    found = [top]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _age(pid: int) -> int:
    """When it was started, in ticks since the machine was."""
    fields = procfs.fields(pid)
    return int(fields[19]) if fields else 0


def _output(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/1")
    except OSError:
        return ""


def _program(pid: int) -> str:
    return Path(procfs.read(pid, "cmdline").partition("\0")[0]).name
