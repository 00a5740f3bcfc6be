"""What the demo prints: stages as they happen, a progress bar on a terminal, a table."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deployments.orchestration import Times

NAMES = {"draft_review": "draft review", "subtitles_review": "subtitles review"}


class Show:
    """Lines with their time, and below them a bar when the output is a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(bar_width=40),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=100)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def line(self, text: str) -> None:
        self.console.print(f"{time.monotonic() - self._began:6.1f} s  {text}", markup=False)

    def status(self, job: dict[str, Any]) -> None:
        """Say a new status, and move the bar."""
        name = NAMES.get(job["status"], job["status"])
        self._bar.update(self._task, description=name, completed=job["progress"])
        self.line(f"{job['progress']:3d} %  {name}")


def stage_table(job: dict[str, Any], times: Times) -> Table:
    """Seconds per stage, from the job's own record."""
    table = Table(title="Seconds per stage", title_justify="left")
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    rows = [("queued", job["created_at"]), *((s["name"], s["started_at"]) for s in job["stages"])]
    ends = [start for _name, start in rows[1:]] + [job["stages"][-1]["ended_at"]]
    for (name, start), end in zip(rows, ends, strict=True):
        seconds = f"{_seconds(start, end):.1f}" if end else "-"
        table.add_row(NAMES.get(name, name), seconds)
    table.add_section()
    table.add_row("from POST to ready", f"{times.total_s:.1f}")
    table.add_row("of it tasks at work", f"{times.work_s:.1f}")
    table.add_row("of it orchestration", f"{times.orchestration_s:.1f}")
    return table


def file_table(files: list[Path]) -> Table:
    table = Table(title="Files", title_justify="left")
    table.add_column("file")
    table.add_column("bytes", justify="right")
    for path in files:
        table.add_row(str(path), f"{path.stat().st_size:,}")
    return table


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
