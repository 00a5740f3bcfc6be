"""Costs as the kernel counts them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deployments.bench_render.clock import Run, Runs, in_turns, run
from reels.errors import RenderError

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_the_cpu_of_a_childs_child_counts(tmp_path: Path) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print('x')"
    ran = run([sys.executable, "-c", code], tmp_path)
    assert 0.3 <= ran.cpu_s < 1.5
    assert ran.printed == "x\n"


def test_waiting_costs_wall_but_no_cpu(tmp_path: Path) -> None:
    ran = run([sys.executable, "-c", "import time; time.sleep(0.4)"], tmp_path)
    assert ran.wall_s >= 0.4
    assert ran.cpu_s < ran.wall_s - 0.2


def test_a_contender_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="no such picture"):
        run([sys.executable, "-c", "raise SystemExit('no such picture')"], tmp_path)


def test_contenders_take_turns_and_the_median_counts() -> None:
    order: list[str] = []

    def contender(name: str, costs: list[float]) -> Run:
        order.append(name)
        return Run(costs.pop(0), 1.0)

    left, right = [9.0, 1.0, 2.0], [5.0, 4.0, 30.0]
    runs = in_turns({"a": lambda: contender("a", left), "b": lambda: contender("b", right)})
    assert order == ["a", "b"] * 3
    assert (runs["a"].cpu_s, runs["b"].cpu_s) == (2.0, 5.0)
    assert Runs([Run(1, 2)]).written()["runs"] == [{"cpu_s": 1, "wall_s": 2}]
