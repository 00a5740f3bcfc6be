"""python -m deployments.bench_api [--jobs N]: writes out/bench/api.json."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deployments.bench_api import clients
from deployments.bench_api.serving import serving
from deployments.collecting import collect_rarely
from deployments.goals import Goal, kept
from deployments.layout import Addresses
from reels.errors import ReelsError

OUT = Path("out/bench")
JOBS = 10_000
CREATORS, CREATIONS = 8, 40
POLLERS, ROUNDS, EVERY_S = 200, 16, 1.0
LIST_TURNS = 40
LISTENERS, CHANGES = 20, 6

GOALS: Sequence[Goal] = (
    Goal("create_p95_ms", f"POST /videos, {CREATORS} clients, p95 ms", most=150),
    Goal("refused", "POST /videos that were refused", most=0),
    Goal("get_p95_ms", f"GET /videos/{{id}}, {POLLERS} polling clients, p95 ms", most=15),
    Goal("list_p95_ms", f"GET /videos of {JOBS:,} jobs, p95 ms", most=60),
    Goal("event_p95_ms", "state change to listener, p95 ms", most=300),
)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench_api", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS, help="jobs that lie in the database")
    jobs = parser.parse_args(words).jobs
    desk = OUT / "api"
    shutil.rmtree(desk, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        with serving(desk, jobs) as addresses:
            figures = asyncio.run(measure(addresses))
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(desk, ignore_errors=True)
    figures |= {
        "meets": kept(GOALS, figures),
        "goals": {goal.key: goal.bound for goal in GOALS},
        "jobs": jobs,
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }
    (OUT / "api.json").write_text(json.dumps(figures, indent=2) + "\n")
    Console(highlight=False, soft_wrap=True).print(_table(figures))
    return 0


async def measure(addresses: Addresses) -> dict[str, Any]:
    """All figures, from one pair of processes."""
    # The clients' own pauses are none of the API's.
    collect_rarely()
    async with clients.client_of(addresses.api_url, POLLERS + LISTENERS) as client:
        # What a process does for the first time counts for none of its requests.
        await clients.create(client, 2, 5)
        await clients.walk_lists(client, 2)
        created, jobs = await clients.create(client, CREATORS, CREATIONS)
        await clients.settle(addresses, jobs)
        watched = jobs[: POLLERS // 2]
        polled = await clients.poll(client, watched, POLLERS, ROUNDS, EVERY_S)
        listed = await clients.walk_lists(client, LIST_TURNS)
        heard = await clients.follow(addresses, client, watched[:LISTENERS], CHANGES)
    found: dict[str, Any] = {"refused": created.refused}
    for name, times in (
        ("create", created),
        ("get", polled),
        ("list", listed),
        ("event", heard),
    ):
        found[f"{name}_p95_ms"] = times.quantile(0.95)
        found[f"{name}_p50_ms"] = times.quantile(0.5)
        found[f"{name}_max_ms"] = times.quantile(1)
        found[f"{name}_count"] = len(times.ms)
    return found


def _table(figures: dict[str, Any]) -> Table:
    table = Table(title="The API", title_justify="left")
    for column in ("figure", "measured", "goal", "", "median", "slowest"):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for goal in GOALS:
        stem = goal.key.removesuffix("_p95_ms")
        met = "met" if figures["meets"][goal.key] else "MISSED"
        beside = (str(figures.get(f"{stem}_{what}_ms", "")) for what in ("p50", "max"))
        table.add_row(goal.says, f"{figures[goal.key]:g}", goal.bound, met, *beside)
    return table


if __name__ == "__main__":
    sys.exit(main())
