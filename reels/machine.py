"""What this process may use of the machine."""

from __future__ import annotations

import os
from functools import cache


@cache
def cores() -> int:
    """How many processors this process may run on; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, min(len(os.sched_getaffinity(0)), _quota()))
    return os.cpu_count() or 1


def _quota() -> int:
    """The processors that a container's limit amounts to (cgroup v2, `cpu.max`)."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return os.cpu_count() or 1
