"""python -m deployments.bench_load [--jobs N] [--waiting N]: writes out/bench/load.json.

The jobs of the burst have the same content, and one before them has made it, so that what is
left of a job is what the house itself takes: two runs, their stages, a task run for each piece
of work, which finds its result in the cache, and what is kept of it all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from deployments.bench_load import embedded, services
from deployments.bench_load.embedded import Sizes
from deployments.demo import OWN_STACK
from deployments.goals import Goal, kept
from deployments.scale.running import running_scale
from deployments.stack import running_stack
from reels.errors import ReelsError

OUT: Final = Path("out/bench")
DATA_DIR: Final = OUT / "load"
SERVICES_LOGS: Final = OUT / "load-services"

GOALS: Final[Sequence[Goal]] = (
    Goal("burst_refused", "jobs of the burst that were refused", most=0),
    Goal("burst_lost", "jobs of the burst that did not end ready", most=0),
    Goal("jobs_per_min_embedded", "jobs a minute, the embedded stack"),
    Goal("jobs_per_min_services", "jobs a minute, Postgres and Redis"),
    Goal("waiting_processes", "processes of jobs that wait", most=0),
    Goal("waiting_memory_mb", "what the server has grown by, MB", most=100),
    Goal("list_p95_ms_with_waiting", "GET /videos while they wait, p95 ms", most=60),
    Goal("approve_to_running_s", "approval of one to its flow running, s", most=3),
)


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    started = min(asked.started, asked.waiting)
    sizes = Sizes(asked.jobs, asked.at_once, asked.waiting, started, asked.usual)
    try:
        figures: dict[str, Any] = {"jobs": sizes.jobs, "at_once": sizes.at_once}
        figures |= _embedded(sizes)
        if asked.services_jobs:
            figures |= _services(asked.services_jobs, sizes.at_once)
    except (ReelsError, httpx.HTTPError) as error:
        logs = f"{DATA_DIR / 'logs'}, {SERVICES_LOGS}"
        print(f"error: {error!r:.2000}\nLogs: {logs}", file=sys.stderr)
        return 1
    figures |= {
        "meets": kept(GOALS, figures),
        "goals": {goal.key: goal.bound for goal in GOALS if goal.bound},
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }
    (OUT / "load.json").write_text(json.dumps(figures, indent=2) + "\n")
    Console(highlight=False, soft_wrap=True).print(_table(figures))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench_load", description=__doc__)
    parser.add_argument("--jobs", type=int, default=200, help="jobs of the burst")
    parser.add_argument("--at-once", type=int, default=16, help="clients that post them")
    parser.add_argument("--waiting", type=int, default=1_000, help="jobs that wait in review")
    parser.add_argument(
        "--started", type=int, default=50, help="of these, how many are brought to it by a run"
    )
    parser.add_argument(
        "--no-usual",
        dest="usual",
        action="store_false",
        help="leave out the job that finds nothing made, whose stages are measured",
    )
    parser.add_argument(
        "--services-jobs", type=int, default=40, help="jobs on Postgres and Redis; 0: none"
    )
    return parser


def _embedded(sizes: Sizes) -> dict[str, Any]:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    with running_stack(DATA_DIR, environment={**OWN_STACK, **embedded.SETTINGS}) as stack:
        figures = asyncio.run(embedded.measure(stack, sizes))
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    return figures


def _services(jobs: int, at_once: int) -> dict[str, Any]:
    shutil.rmtree(SERVICES_LOGS, ignore_errors=True)
    with running_scale(SERVICES_LOGS) as scale:
        figures = asyncio.run(services.measure(scale, jobs, at_once))
    shutil.rmtree(SERVICES_LOGS, ignore_errors=True)
    return figures


def _table(figures: dict[str, Any]) -> Table:
    title = f"{figures['jobs']:,} jobs at once, {figures['waiting']:,} that wait"
    table = Table(title=title, title_justify="left")
    for column in ("figure", "measured", "goal", ""):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for goal in GOALS:
        if goal.key in figures:
            met = {True: "met", False: "MISSED"}[figures["meets"][goal.key]] if goal.bound else ""
            table.add_row(goal.says, f"{figures[goal.key]:g}", goal.bound, met)
    for name, used_s in figures["cpu_s_per_job"].items():
        table.add_row(f"CPU of {name}, s a job of the burst", f"{used_s:g}")
    for name, used_s in figures.get("usual_job", {}).get("cpu_s_by_stage", {}).items():
        table.add_row(f"CPU of a job that finds nothing, {name}, s", f"{used_s:g}")
    return table


if __name__ == "__main__":
    sys.exit(main())
