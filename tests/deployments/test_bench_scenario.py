"""`make bench-scenario` counts what all processes of a stack have used, and runs every task."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

from deployments.bench_scenario.__main__ import TEMPLATE
from deployments.bench_scenario.processes import cpu_s
from reels.scenarios.expanding import expanded
from reels.scenarios.models import ScenarioRequest

BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"
#: A process that has a child, waits for it, says so, and stays.
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BUSY!r}], check=True)
print("over", flush=True)
sys.stdin.read()
"""


def test_the_time_of_children_that_have_ended_is_counted() -> None:
    before = cpu_s(os.getpid())
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", PARENT], **pipes) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"over\n"
        used = cpu_s(os.getpid())
        assert used["ours"] - before["ours"] >= 0.29
        assert used["server"] == before["server"]
        assert cpu_s(parent.pid)["ours"] >= 0.29
        parent.communicate()


def test_the_template_has_as_many_tasks_as_it_is_asked_for_and_none_waits() -> None:
    request = ScenarioRequest(scenario="Idle", description="Nothing", variables={"TASKS": 40})
    scenario = expanded(
        TEMPLATE, request, seed="0" * 32, now=datetime.now(UTC), services=["idle-service"]
    )
    assert len(scenario.tasks) == 40
    assert {task.queue for task in scenario.tasks} == {0}
