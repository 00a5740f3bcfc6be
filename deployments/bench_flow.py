"""`make bench-flow`: how fast a flow run starts, warm and stock, and what a video costs beside
its stages' own work. Writes out/bench/flow.json.

Compared is the time from POST of a flow run to the first line of its flow, on one server, in
one process worker per pool, in turns. `warm` and `stock` workers ask for work equally often;
they differ in the pool's `command` alone: the client of the warm engine, or nothing, which is
`python -m prefect.engine`. `stock, default interval` is a worker with no setting at all.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from deployments.demo import OWN_STACK, make_video
from deployments.demo_request import demo_body
from deployments.demo_show import Show
from deployments.service import Service, stop_all
from deployments.stack import Stack, running_stack
from reels.errors import ReelsError, Unavailable

OUT = Path("out/bench")
DATA_DIR = OUT / "stack"
#: Shorter than the stack's own interval, so that the wait for the next poll hides little.
QUERY_S = 0.2
RUNS = 9
DEFAULT_RUNS = 5
START_DEADLINE_S = 60.0
LIVE = {"SCHEDULED", "PENDING", "RUNNING"}
ENTRYPOINT = "deployments.bench_flow_target.first_line"


@dataclass
class Contender:
    """A pool with its worker, and the seconds that its runs took to start."""

    name: str
    command: str | None
    query_s: float | None
    runs: int
    deployment: str = ""
    starts_s: list[float] = field(default_factory=list)

    @property
    def median_s(self) -> float:
        return statistics.median(self.starts_s)


def measure_starts(stack: Stack, client: httpx.Client) -> list[Contender]:
    """Start runs on every contender in turns."""
    template = client.get("/work_pools/pipeline").raise_for_status().json()["base_job_template"]
    engine_command = template["variables"]["properties"]["command"]["default"]
    contenders = [
        Contender("warm", engine_command, QUERY_S, RUNS),
        Contender("stock", None, QUERY_S, RUNS),
        Contender("stock, default interval", None, None, DEFAULT_RUNS),
    ]
    workers = [_prepare(stack, client, template, contender) for contender in contenders]
    mark = stack.layout.data_dir / "mark"
    try:
        for worker in workers:
            worker.start()
        # The first run of each also waits for its worker to come up, so it does not count.
        for contender in contenders:
            _start_run(client, contender, mark)
        for turn in range(RUNS):
            for contender in contenders:
                if turn < contender.runs:
                    contender.starts_s.append(_start_run(client, contender, mark))
    finally:
        stop_all(workers, 10)
    return contenders


def _prepare(stack: Stack, client: httpx.Client, template: Any, contender: Contender) -> Service:
    """Make the contender's pool and deployment; returns its worker, not started."""
    pool = f"bench-{contender.name.replace(', ', '-').replace(' ', '-')}"
    template["variables"]["properties"]["command"]["default"] = contender.command
    body = {"name": pool, "type": "process", "base_job_template": template}
    client.post("/work_pools/", json=body).raise_for_status()
    flow = client.post("/flows/", json={"name": "first-line"}).raise_for_status().json()["id"]
    body = {"name": pool, "flow_id": flow, "work_pool_name": pool, "entrypoint": ENTRYPOINT}
    answer = client.post("/deployments/", json=body).raise_for_status()
    contender.deployment = answer.json()["id"]
    environment = stack.layout.environment(stack.addresses, os.environ)
    del environment["PREFECT_WORKER_QUERY_SECONDS"]
    if contender.query_s is not None:
        environment["PREFECT_WORKER_QUERY_SECONDS"] = str(contender.query_s)
    words = ["worker", "start", "--type", "process", "--pool", pool]
    command = [sys.executable, "-m", "prefect", *words]
    return Service(pool, command, environment, stack.layout.logs)


def _start_run(client: httpx.Client, contender: Contender, mark: Path) -> float:
    """Seconds from POST to the first line of the flow; returns when the run has ended."""
    mark.unlink(missing_ok=True)
    body = {"parameters": {"mark": str(mark)}, "state": {"type": "SCHEDULED"}}
    posted_at = time.time()
    path = f"/deployments/{contender.deployment}/create_flow_run"
    run = client.post(path, json=body).raise_for_status().json()["id"]
    while True:
        # The file is asked and not the server, which is busy enough with the start.
        if mark.exists() and (text := mark.read_text()):
            break
        if time.time() - posted_at > START_DEADLINE_S:
            raise Unavailable(f"A run on {contender.name} has not started within the time limit.")
        time.sleep(0.02)
    while client.get(f"/flow_runs/{run}").raise_for_status().json()["state"]["type"] in LIVE:
        time.sleep(0.1)
    return float(text) - posted_at


def results(contenders: list[Contender], total_s: float, orchestration_s: float) -> dict[str, Any]:
    """What is written to flow.json; seconds."""
    warm, stock, default = contenders
    return {
        "start_s_warm": round(warm.median_s, 3),
        "start_s_stock": round(stock.median_s, 3),
        "ratio": round(stock.median_s / warm.median_s, 2),
        "demo_total_s": round(total_s, 2),
        "orchestration_s": round(orchestration_s, 2),
        "start_s_stock_default_interval": round(default.median_s, 3),
        "query_s": QUERY_S,
        "starts_s": {each.name: [round(s, 3) for s in each.starts_s] for each in contenders},
        "cores": os.cpu_count(),
    }


def _table(contenders: list[Contender], written: dict[str, Any]) -> Table:
    table = Table(title="POST of a flow run to its first line, seconds", title_justify="left")
    for column in ("worker", "asks every", "runs", "min", "median", "max", "stock / this"):
        table.add_column(column, justify="left" if column == "worker" else "right")
    stock_s = written["start_s_stock"]
    for each in contenders:
        asks = "10 s" if each.query_s is None else f"{each.query_s} s"
        numbers = (min(each.starts_s), each.median_s, max(each.starts_s), stock_s / each.median_s)
        table.add_row(each.name, asks, str(len(each.starts_s)), *(f"{n:.2f}" for n in numbers))
    return table


def main() -> int:
    console = Console(highlight=False, soft_wrap=True)
    # An earlier stack's cache would make the demo's figures look better than they are.
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        with running_stack(DATA_DIR, environment=OWN_STACK) as stack:
            console.print(f"the stack is up after {stack.started_in_s:.1f} s; starting runs ...")
            with httpx.Client(
                base_url=stack.addresses.prefect_api_url, timeout=60, trust_env=False
            ) as client:
                contenders = measure_starts(stack, client)
            with Show(console) as show:
                made = make_video(stack, demo_body({}), OUT / "demo", show)
    except (ReelsError, httpx.HTTPError) as error:
        print(f"error: {error}\nLogs: {DATA_DIR / 'logs'}", file=sys.stderr)
        return 1
    written = results(contenders, made.times.total_s, made.times.orchestration_s)
    (OUT / "flow.json").write_text(json.dumps(written, indent=2) + "\n")
    console.print(_table(contenders, written))
    console.print(
        f"The demo's job took {made.times.total_s:.1f} s, {made.times.orchestration_s:.1f} s of "
        f"them orchestration. Written to {OUT / 'flow.json'}.",
        markup=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
