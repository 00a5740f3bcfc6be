"""Graphs run in an order that respects every edge, whatever fails and whoever is killed."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reels.scenarios.models import Scenario
from reels.scenarios.running import End, Run
from tests.reels.scenarios.graphs import Killed, Process, id_of, scenario_of, scenarios

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def doomed(scenario: Scenario, failing: frozenset[str]) -> set[str]:
    """Tasks that cannot run, found the slow way: by going over all edges until nothing changes."""
    stopped: set[str] = set()
    while True:
        broken = {
            task.id
            for task in scenario.tasks
            if (task.id in failing or task.id in stopped) and not task.optional
        }
        more = {task.id for task in scenario.tasks if broken & set(task.waits_for)}
        if more <= stopped:
            return stopped
        stopped |= more


def check(scenario: Scenario, failing: frozenset[str], run: Run, begun: list[str]) -> None:
    never = doomed(scenario, failing)
    assert set(run.ends) == set(scenario.by_id)
    for task in scenario.tasks:
        end = run.ends[task.id]
        assert end.status == ("failed" if task.id in failing | never else "success")
        assert end.ran == (task.id not in never)
    assert never.isdisjoint(begun)
    first = {task: number for number, task in reversed(list(enumerate(begun)))}
    for task in scenario.tasks:
        for cause in task.waits_for:
            if task.id in first:
                assert first[cause] < first[task.id] if cause in first else cause in never


@QUICK
@given(scenarios(), st.data())
def test_each_task_runs_once_after_all_that_it_waits_for(
    workers: ThreadPoolExecutor, scenario: Scenario, data: st.DataObject
) -> None:
    failing = frozenset(data.draw(st.sets(st.sampled_from(sorted(scenario.by_id)), max_size=6)))
    process = Process(scenario, workers, failing, {}, [])
    run = Run(scenario, process, {})
    run.go_on()
    assert max(Counter(process.begun).values(), default=1) == 1
    check(scenario, failing, run, process.begun)


@QUICK
@given(scenarios(60), st.data())
def test_a_process_killed_at_any_point_is_followed_by_one_that_does_only_the_rest(
    workers: ThreadPoolExecutor, scenario: Scenario, data: st.DataObject
) -> None:
    failing = frozenset(data.draw(st.sets(st.sampled_from(sorted(scenario.by_id)), max_size=3)))
    kept: dict[str, End] = {}
    begun: list[str] = []
    kills = data.draw(st.lists(st.integers(0, 3 * len(scenario.tasks)), max_size=5))
    for steps in kills:
        known = dict(kept)
        process = Process(scenario, workers, failing, kept, begun, steps)
        before = len(begun)
        with contextlib.suppress(Killed):
            Run(scenario, process, known).go_on()
        assert not set(begun[before:]) & set(known)
    run = Run(scenario, Process(scenario, workers, failing, kept, begun), dict(kept))
    run.go_on()
    check(scenario, failing, run, begun)
    again = Run(scenario, Process(scenario, workers, failing, kept, begun, 0), dict(kept))
    again.go_on()
    # Of several causes any may have come first.
    assert {task: (end.status, end.ran) for task, end in again.ends.items()} == {
        task: (end.status, end.ran) for task, end in run.ends.items()
    }


def test_an_optional_task_that_fails_lets_its_consumers_run_without_its_result(
    workers: ThreadPoolExecutor,
) -> None:
    scenario = scenario_of({0: {2}, 1: {2}, 2: set()}, optional=frozenset({0}))
    run = Run(scenario, Process(scenario, workers, frozenset({id_of(0)}), {}, []), {})
    run.go_on()
    assert run.ends[id_of(2)].status == "success"
    assert run.failures == []


def test_a_failure_tells_its_cause_to_all_that_depend_on_it(workers: ThreadPoolExecutor) -> None:
    scenario = scenario_of({0: {1}, 1: {2}, 2: set(), 3: set()}, optional=frozenset())
    run = Run(scenario, Process(scenario, workers, frozenset({id_of(0)}), {}, []), {})
    run.go_on()
    assert run.ends[id_of(2)] == End(status="failed", cause="Task0: Task0 broke", ran=False)
    assert [(task.name, cause) for task, cause in run.failures] == [
        ("Task0", "Task0 broke"),
        ("Task1", "Task0: Task0 broke"),
        ("Task2", "Task0: Task0 broke"),
    ]
    assert run.ends[id_of(3)].status == "success"
