"""What Linux's /proc tells of processes. One that has gone, or is not ours, tells nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: Where they stand in what `fields` gives.
STATE: Final = 0
PARENT: Final = 1
SESSION: Final = 3


def pids() -> list[int]:
    """All that there are; none on a system without /proc."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def read(pid: int, name: str) -> str:
    """The file `name` of a process, or nothing."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def fields(pid: int) -> list[str]:
    """Those of /proc/PID/stat that come after the name, which may hold anything (proc(5))."""
    return read(pid, "stat").rpartition(")")[2].split()


def parent(pid: int) -> int:
    """Its parent's number; 0 when there is no such process any more."""
    found = fields(pid)
    return int(found[PARENT]) if found else 0


def is_running(pid: int) -> bool:
    """Whether it exists and is not merely waiting to be reaped."""
    found = fields(pid)
    return bool(found) and found[STATE] != "Z"


def words(pid: int) -> str:
    """Its command line, with a space after each word."""
    return read(pid, "cmdline").replace("\0", " ")


def has_variable(pid: int, name: str, value: str) -> bool:
    """Whether its first environment had this variable at this value."""
    return f"{name}={value}" in read(pid, "environ").split("\0")
