"""The processes of a stack: how much CPU time they have used, how many, how large."""

from __future__ import annotations

import os
from typing import Final

from deployments import procfs

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
    pages = [
        int(procfs.read(pid, "statm").split()[1]) for pid in _family(supervisor) if _is_server(pid)
    ]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _family(supervisor: int) -> dict[int, list[str]]:
    alive = {pid: fields for pid in procfs.pids() if (fields := procfs.fields(pid))}
    return {pid: fields for pid, fields in alive.items() if _descends(pid, supervisor, alive)}


def _is_server(pid: int) -> bool:
    return _SERVER in procfs.words(pid)


def _descends(pid: int, ancestor: int, alive: dict[int, list[str]]) -> bool:
    while pid in alive and pid != ancestor:
        pid = int(alive[pid][procfs.PARENT])
    return pid == ancestor
