"""What a program costs: it is run to its end, and the kernel is asked."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reels.errors import RenderError

TIMES = 3


class Run(NamedTuple):
    """One run: CPU (user and system, its waited-for children's too), wall, what it printed."""

    cpu_s: float
    wall_s: float
    printed: str = ""


class Runs(list[Run]):
    """All runs of one contender."""

    @property
    def cpu_s(self) -> float:
        return statistics.median(run.cpu_s for run in self)

    @property
    def wall_s(self) -> float:
        return statistics.median(run.wall_s for run in self)

    def written(self) -> dict[str, Any]:
        """As render.json has it: medians and every run."""
        return {
            "cpu_s": round(self.cpu_s, 3),
            "wall_s": round(self.wall_s, 3),
            "runs": [{"cpu_s": round(r.cpu_s, 3), "wall_s": round(r.wall_s, 3)} for r in self],
        }


def run(command: Sequence[str | Path], desk: Path) -> Run:
    """Run `command`; what it prints goes to a file on `desk`, so that no pipe slows it.

    Raises:
        RenderError: it ended with an error; the message has the end of what it printed.
    """
    printed, log = desk / "printed.txt", desk / "log.txt"
    with printed.open("wb") as out, log.open("wb") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.read_text(errors="replace")[-2000:]
        raise RenderError(f"{Path(command[0]).name} ended with {process.returncode}: {tail}")
    return Run(usage.ru_utime + usage.ru_stime, wall_s, printed.read_text())


def in_turns(contenders: Mapping[str, Callable[[], Run]], times: int = TIMES) -> dict[str, Runs]:
    """Run all contenders one after the other, `times` times round, and say what each took."""
    runs = {name: Runs() for name in contenders}
    for turn in range(times):
        for name, start in contenders.items():
            runs[name].append(start())
            last = runs[name][-1]
            say(f"  {name}, run {turn + 1}: {last.cpu_s:.2f} CPU s, {last.wall_s:.2f} s")
    return runs


def say(line: str) -> None:
    print(line, flush=True)
