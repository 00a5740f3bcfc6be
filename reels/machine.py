"""What this process may use of the machine, as a container's limits leave it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_MEMORY = Path("/proc/meminfo")


@cache
def cores() -> int:
    """How many processors this process may run on; at least 1."""
    there = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        there = len(os.sched_getaffinity(0))
    return max(1, min(there, int(processor_share(_CGROUPS, _membership()))))


@cache
def memory_bytes() -> int:
    """How much memory this process may have together with all others in its container."""
    return min(_memory_there(), memory_limit_bytes(_CGROUPS, _membership()))


#: What stands for no limit.
NONE = 1 << 62


def processor_share(cgroups: Path, membership: str) -> float:
    """The processors that the limits amount to, of cgroup v1 or v2; `NONE`: there is no limit.

    `membership` is what `/proc/self/cgroup` says. In a container what is mounted at `cgroups`
    may begin with the container's own group, whatever its path is called outside.
    """
    shares = [float(NONE)]
    for folder in _folders(cgroups, membership, "cpu"):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = (_read(folder / f"cpu.cfs_{each}_us") for each in ("quota", "period"))
        with suppress(ValueError, ZeroDivisionError):
            share = int(quota) / int(period)
            shares.append(share if share > 0 else NONE)
    return min(shares)


def memory_limit_bytes(cgroups: Path, membership: str) -> int:
    """The lowest limit of memory of this group and those above it; see `processor_share`."""
    limits = [NONE]
    for folder in _folders(cgroups, membership, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with suppress(ValueError):
                limits.append(int(_read(folder / name)))
    return min(limits)


def _folders(cgroups: Path, membership: str, controller: str) -> Iterator[Path]:
    """The groups of this process that are in sight, from its own up."""
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controller if controllers else cgroups
        own = root / path.strip("/")
        yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(root))


def _membership() -> str:
    return _read(_MEMBERSHIP)


def _memory_there() -> int:
    for line in _read(_MEMORY).splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) << 10
    with suppress(ValueError, OSError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return NONE


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
