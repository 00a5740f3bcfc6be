"""How a child process is tied to its caller: it dies with it, and stays within its limits.

On Linux a launcher sets the ties and then becomes the program (about 10 ms): a
`preexec_fn` would run Python between fork and exec of a process full of threads. On other
systems there are no ties but `kill`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from reels.limits import Limits

#: PR_SET_PDEATHSIG is 1, SIGKILL is 9. Limits are `number=value` pairs; one that is already
#: lower stays. Soft and hard are the same: ffmpeg would take SIGXCPU for a mere wish.
_LAUNCHER = """
import ctypes, os, resource, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
for pair in sys.argv[2].split(","):
    number, most = map(int, pair.split("="))
    hard = resource.getrlimit(number)[1]
    if hard == resource.RLIM_INFINITY or hard > most:
        hard = most
    resource.setrlimit(number, (hard, hard))
os.execv(sys.argv[3], sys.argv[3:])
"""


def tied(command: list[str], limits: Limits) -> list[str]:
    """The command that runs `command` so that it dies with this thread, within `limits`."""
    launcher = _launcher()
    if not launcher:
        return command
    return [*launcher, str(os.getpid()), _pairs(limits), *command]


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a child with everything that it started. ffmpeg does not always heed SIGTERM."""
    if child.poll() is not None:
        return
    offspring = _offspring(child.pid)
    # First of all, so that it cannot see its children die and end as if all were well.
    child.kill()
    for pid in offspring:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, 9)


def cpu_s(child: subprocess.Popen[bytes]) -> float:
    """Wait for the end of a child that nobody has collected; its processor time in seconds.

    0 where the system does not tell.
    """
    with suppress(OSError, ValueError, IndexError, AttributeError):
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        ticks = map(int, _stat(Path(f"/proc/{child.pid}/stat"))[11:13])
        return sum(ticks) / os.sysconf("SC_CLK_TCK")
    return 0.0


@cache
def _launcher() -> tuple[str, ...]:
    if not sys.platform.startswith("linux") or not sys.executable:
        return ()
    return (sys.executable, "-I", "-S", "-c", _LAUNCHER)


def _pairs(limits: Limits) -> str:
    import resource

    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: limits.file_bytes,
    }
    return ",".join(f"{number}={most}" for number, most in wanted.items() if most is not None)


def _offspring(pid: int) -> list[int]:
    """The processes that `pid` started, and those that they started; parents come first.

    They share our process group, which therefore cannot be killed as a whole.
    """
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            children.setdefault(int(_stat(stat)[1]), []).append(int(stat.parent.name))
    found = list(children.get(pid, []))
    for child in found:
        found += children.get(child, [])
    return found


def _stat(file: Path) -> list[str]:
    """What follows a process's name, which stands in brackets and may hold anything."""
    return file.read_text(errors="replace").rpartition(")")[2].split()
