"""python -m deployments.bench_scenario [--tasks N]: writes out/bench/scenario.json.

The tasks wait for nothing and do nothing, so all the time from the run's start to its end is
the house's own: making the graph, a task run of Prefect's for each task, its record in the
store, its end, and the manifest. The second run with the same input finds all of it done.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from deployments.bench_scenario.processes import cpu_s
from deployments.demo import OWN_STACK
from deployments.goals import Goal, kept
from deployments.plan import DEFINITIONS
from deployments.stack import Stack, running_stack
from flows.scenario_publishing import MANIFEST
from reels.artifacts import job_prefix
from reels.errors import ReelsError, Unavailable
from reels.scenarios.manifest import ScenarioManifest
from reels.scenarios.places import template_key

OUT: Final = Path("out/bench")
DATA_DIR: Final = OUT / "scenario"
TASKS: Final = 1_000
USER: Final = "bench"
DEADLINE_S: Final = 600.0
OVER: Final = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
SHIPPED_FLOW: Final = "flows.run_scenario.run_scenario"
BENCH_FLOW: Final = "deployments.bench_scenario.idle.run_scenario"

GOALS: Sequence[Goal] = (
    Goal("overhead_ms_per_task", "a task that does nothing, ms", most=60),
    Goal("failed", "tasks that failed", most=0),
)

TEMPLATE: Final = """\
scenario_id: "{{ SHORT_UUID('Idle') }}"
name: Idle
variables:
  TASKS: 1
tasks:
{%- for i in range(TASKS) %}
  - id: "{{ SHORT_UUID('Task.' ~ i) }}"
    service: idle-service
    name: "Task {{ i }}"
{%- endfor %}
"""


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench_scenario", description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS, help="tasks of the scenario")
    tasks = parser.parse_args(words).tasks
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    try:
        with running_stack(
            DATA_DIR, environment=OWN_STACK, definitions=_definitions(DATA_DIR)
        ) as stack:
            figures = measure(stack, tasks)
    except (ReelsError, httpx.HTTPError) as error:
        print(f"error: {error}\nLogs: {DATA_DIR / 'logs'}", file=sys.stderr)
        return 1
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    figures |= {
        "meets": kept(GOALS, figures),
        "goals": {goal.key: goal.bound for goal in GOALS},
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }
    (OUT / "scenario.json").write_text(json.dumps(figures, indent=2) + "\n")
    Console(highlight=False, soft_wrap=True).print(_table(figures))
    return 0


def measure(stack: Stack, tasks: int) -> dict[str, Any]:
    """All figures: of a first run, and of a second one that finds every result."""
    store = stack.layout.data_dir / "store"
    template = store / template_key(USER, "Idle")
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text(TEMPLATE)
    address = stack.addresses.prefect_api_url
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        # The first run of a stack pays for what the others share.
        _run(client, 1)
        before = cpu_s(stack.supervisor_pid)
        wall_s, run = _run(client, tasks)
        used_s = cpu_s(stack.supervisor_pid)
        again_s, _ = _run(client, tasks)
    per_task = {
        name: round(1_000 * (seconds - before[name]) / tasks, 2) for name, seconds in used_s.items()
    }
    return {
        "tasks": tasks,
        "failed": tasks - _successes(stack, run),
        "tasks_per_s": round(tasks / wall_s, 2),
        "overhead_ms_per_task": round(1_000 * wall_s / tasks, 2),
        "again_ms_per_task": round(1_000 * again_s / tasks, 2),
        "cpu_ms_per_task": round(sum(per_task.values()), 2),
        "cpu_ms_per_task_by_process": per_task,
    }


def _run(client: httpx.Client, tasks: int) -> tuple[float, str]:
    """Seconds from the run's first state Running to its last one, and its id.

    Raises:
        Unavailable: it has not ended well.
    """
    path = "/deployments/name/run-scenario/default"
    deployment = client.get(path).raise_for_status().json()["id"]
    body = {
        "parameters": {
            "scenario": "Idle",
            "description": "Nothing",
            "variables": {"TASKS": tasks},
            "user_id": USER,
        }
    }
    answer = client.post(f"/deployments/{deployment}/create_flow_run", json=body)
    run = answer.raise_for_status().json()["id"]
    deadline = time.monotonic() + DEADLINE_S
    while True:
        found = client.get(f"/flow_runs/{run}").raise_for_status().json()
        if found["state_type"] in OVER:
            break
        if time.monotonic() > deadline:
            raise Unavailable(f"The scenario was not over within {DEADLINE_S:.0f} s.")
        time.sleep(0.5)
    if found["state_type"] != "COMPLETED":
        raise Unavailable(f"The scenario ended as {found['state_name']}: {found['state']}")
    began, ended = (datetime.fromisoformat(found[name]) for name in ("start_time", "end_time"))
    return (ended - began).total_seconds(), str(run)


def _successes(stack: Stack, run: str) -> int:
    """How many tasks the run's manifest says to have succeeded."""
    manifest = stack.layout.data_dir / "store" / job_prefix(USER, run) / MANIFEST
    tasks = ScenarioManifest.model_validate_json(manifest.read_bytes()).tasks
    return sum(entry.status == "success" for entry in tasks)


def _definitions(data_dir: Path) -> Path:
    """The deployments of the house, but with the flow that knows the bench's service."""
    data_dir.mkdir(parents=True, exist_ok=True)
    made = data_dir.absolute() / "prefect.yaml"
    made.write_text(DEFINITIONS.read_text().replace(SHIPPED_FLOW, BENCH_FLOW))
    return made


def _table(figures: dict[str, Any]) -> Table:
    table = Table(title=f"A scenario of {figures['tasks']:,} tasks", title_justify="left")
    for column in ("figure", "measured", "goal", ""):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for goal in GOALS:
        met = "met" if figures["meets"][goal.key] else "MISSED"
        table.add_row(goal.says, f"{figures[goal.key]:g}", goal.bound, met)
    table.add_row("the same, when all has been made before, ms", f"{figures['again_ms_per_task']}")
    table.add_row("tasks a second", f"{figures['tasks_per_s']:g}")
    for name, used_ms in sorted(figures["cpu_ms_per_task_by_process"].items()):
        table.add_row(f"CPU of {name}, ms a task", f"{used_ms:g}")
    return table


if __name__ == "__main__":
    sys.exit(main())
