"""Runs the real command line in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.reels.document.kit import write

ROOT = Path(__file__).parents[3]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "reels", *map(str, arguments)]


def environment(folder: Path) -> dict[str, str]:
    """The cache lies in `folder`, and nothing is buffered."""
    own = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "xdg"), "PYTHONUNBUFFERED": "1"}
    return os.environ | own


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
    )


def start(folder: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a command; `wait_until` reads what it says."""

    def heed_interrupts() -> None:
        # A shell without job control hands down an ignored SIGINT.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )


def wait_until(child: subprocess.Popen[str], says: str) -> None:
    """Wait until the child says so on its standard error."""
    assert child.stderr is not None
    for line in child.stderr:
        if says in line:
            return
    raise AssertionError(f"It ended with {child.wait()} and never said {says!r}.")


def long_timeline(folder: Path, **changes: Any) -> Path:
    """Twenty segments of half a second, which take some seconds to encode."""
    shots = [{"media": "a.png", "frames": 15, "motion": "zoom_in"}] * 20
    fields = {"shots": shots, "transition": "cut", "size_px": [540, 960]}
    # Each has another caption, so that no two segments are the same.
    starts = [n / 2 for n in range(20)]
    cues = [{"start_s": at, "end_s": at + 0.4, "text": f"Кадр {at}"} for at in starts]
    return write(folder, **(fields | {"cues": cues} | changes))
