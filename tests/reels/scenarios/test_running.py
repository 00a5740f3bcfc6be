"""Graphs run in an order that respects every edge, whatever fails and whoever is killed."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reels.scenarios.models import Scenario, ScenarioTask
from reels.scenarios.running import LOOK_S, End, Run
from reels.services.base import TaskResult
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


@dataclass
class WithOutside(Process):
    """Hands of a process whose outside tasks end when the test says so."""

    offered: set[str] = field(default_factory=set)
    ended: dict[str, End] = field(default_factory=dict)

    def offer(self, task: ScenarioTask, results: Mapping[str, TaskResult]) -> None:
        self.begun.append(task.id)
        self.offered.add(task.id)

    def ends_outside(self) -> Mapping[str, End]:
        return dict(self.ended)

    def end_one(self, which: int) -> None:
        """Any task that is offered and has not ended."""
        left = sorted(self.offered - set(self.ended))
        task = left[which % len(left)]
        failed = End(status="failed", cause="the worker gave up")
        self.ended[task] = failed if task in self.failing else SUCCESS


SUCCESS = End(status="success", result=TaskResult(address="elsewhere"))


@QUICK
@given(scenarios(40), st.data())
def test_a_run_waits_for_outside_tasks_alone_and_goes_on_in_this_process_or_another(
    workers: ThreadPoolExecutor, drawn: Scenario, data: st.DataObject
) -> None:
    ids = sorted(drawn.by_id)
    outside = data.draw(st.sets(st.sampled_from(ids), min_size=1, max_size=8))
    failing = frozenset(data.draw(st.sets(st.sampled_from(ids), max_size=4)))
    tasks = (
        task.model_copy(update={"worker": "outside"}) if task.id in outside else task
        for task in drawn.tasks
    )
    scenario = drawn.model_copy(update={"tasks": tuple(tasks)})
    hands = WithOutside(scenario, workers, failing, {}, [])
    run = Run(scenario, hands, {})
    run.go_on()
    while not run.is_over:
        assert not run.has_news()
        hands.end_one(data.draw(st.integers(0, 99)))
        assert run.has_news()
        if data.draw(st.booleans()):
            # Outside tasks that wait are offered again, which changes nothing for workers.
            hands.begun = [task for task in hands.begun if task in hands.kept]
            run = Run(scenario, hands, dict(hands.kept))
        run.go_on()
    assert max(Counter(hands.begun).values(), default=1) == 1
    check(scenario, failing, run, hands.begun)


def test_ends_of_outside_tasks_are_looked_for_once_a_second_however_many_others_end(
    workers: ThreadPoolExecutor,
) -> None:
    class Counting(WithOutside):
        looks = 0

        def ends_outside(self) -> Mapping[str, End]:
            self.looks += 1
            return super().ends_outside()

    scenario = scenario_of(
        {number: set() for number in range(200)}, frozenset(), outside=frozenset({0})
    )
    hands = Counting(scenario, workers, frozenset(), {}, [])
    began = time.monotonic()
    Run(scenario, hands, {}).go_on()
    assert hands.looks <= 2 + (time.monotonic() - began) / LOOK_S
