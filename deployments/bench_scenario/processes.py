"""The processes of a stack: how much CPU time they have used, how many, how large."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
#: Where a process's own times and those of its ended children stand, behind its name.
_TIMES: Final = slice(11, 15)
_SERVER: Final = "deployments.server"


def cpu_s(supervisor: int) -> dict[str, float]:
    """Seconds of CPU of all that descends from the process `supervisor`: of Prefect's `server`,
    and of `ours`, which are the flows' processes, those that have ended among them, the
    workers, the API and what they are forked from.
    """
    found = {"server": 0.0, "ours": 0.0}
    for pid, fields in _family(supervisor).items():
        name = "server" if _is_server(pid) else "ours"
        found[name] += sum(map(int, fields[_TIMES])) / _TICKS
    return found


def family_size(supervisor: int) -> int:
    """How many processes descend from `supervisor`, itself among them."""
    return len(_family(supervisor))


def server_memory_mb(supervisor: int) -> float:
    """What Prefect's server has in memory, in MB of a million bytes."""
    pages = [int(_read(pid, "statm").split()[1]) for pid in _family(supervisor) if _is_server(pid)]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _family(supervisor: int) -> dict[int, list[str]]:
    alive = {pid: fields for pid in _pids() if (fields := _fields(pid))}
    return {pid: fields for pid, fields in alive.items() if _descends(pid, supervisor, alive)}


def _is_server(pid: int) -> bool:
    return _SERVER in _command(pid)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _fields(pid: int) -> list[str]:
    """Those of /proc/PID/stat that come after the name; none for a process that has gone."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _command(pid: int) -> str:
    return _read(pid, "cmdline").replace("\0", " ")


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def _descends(pid: int, ancestor: int, alive: dict[int, list[str]]) -> bool:
    while pid in alive and pid != ancestor:
        pid = int(alive[pid][1])
    return pid == ancestor
