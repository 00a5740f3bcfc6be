"""Signals to a flow run's whole tree of processes, ffmpeg and the like included."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import defaultdict

from deployments import procfs


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, and whatever is left in its session. Empty without /proc."""
    children: dict[int, list[int]] = defaultdict(list)
    found: set[int] = set()
    for process in procfs.pids():
        # It may have gone meanwhile.
        if fields := procfs.fields(process):
            children[int(fields[procfs.PARENT])].append(process)
            if int(fields[procfs.SESSION]) == pid and process != pid:
                found.add(process)
    waiting = [pid, *found]
    while waiting:
        below = [child for child in children[waiting.pop()] if child not in found]
        found.update(below)
        waiting.extend(below)
    return sorted(found)


def send(pid: int, number: int) -> None:
    """Send a signal; a process that has ended meanwhile is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_tree(pid: int) -> None:
    """End `pid`, its process group and all below it, at once."""
    below = descendants(pid)
    send(pid, signal.SIGKILL)
    kill_group(pid)
    for process in below:
        send(process, signal.SIGKILL)


def kill_group(pid: int) -> None:
    """End what is left of the process group `pid`."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
