"""Random graphs, and hands that work on them and can be killed at any point."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from reels.scenarios.models import Scenario, ScenarioTask
from reels.scenarios.running import End, Told
from reels.services.base import TaskResult
from tests.reels.scenarios.kit import NOW, SEED


class Killed(BaseException):
    """The process ends here, without a word to anybody."""


def id_of(number: int) -> str:
    return f"{SEED[:10]}{number:010x}"


def scenario_of(
    edges: Mapping[int, set[int]], optional: frozenset[int], outside: frozenset[int] = frozenset()
) -> Scenario:
    """A graph of tasks by numbers: `edges` lead from each to those that wait for it."""
    causes: dict[int, list[int]] = {number: [] for number in edges}
    for number, consumers in edges.items():
        for consumer in sorted(consumers):
            causes[consumer].append(number)
    return Scenario(
        scenario_id=SEED[:10] + "f" * 10,
        seed=SEED,
        name="Random",
        created_at=NOW,
        tasks=tuple(
            ScenarioTask(
                id=id_of(number),
                service="text-service",
                name=f"Task{number}",
                queue=len(causes[number]),
                consumers=tuple(map(id_of, sorted(edges[number]))),
                waits_for=tuple(map(id_of, causes[number])),
                optional=number in optional,
                worker="outside" if number in outside else "ours",
            )
            for number in edges
        ),
    )


@st.composite
def scenarios(draw: st.DrawFn, most: int = 200) -> Scenario:
    """Graphs of up to `most` tasks in a random order, from lonely tasks to dense layers."""
    count = draw(st.integers(1, most))
    chance = Random(draw(st.integers(0, 2**32)))
    density = draw(st.sampled_from([0.0, 0.5, 1.0, 3.0, 8.0])) / count
    places = list(range(count))
    chance.shuffle(places)
    edges: dict[int, set[int]] = {number: set() for number in range(count)}
    for earlier in range(count):
        for later in range(earlier + 1, count):
            if chance.random() < density:
                edges[places[earlier]].add(places[later])
    optional = frozenset(n for n in edges if chance.random() < draw(st.sampled_from([0.0, 0.3])))
    return scenario_of(edges, optional)


@dataclass
class Process:
    """Hands of one process. It dies when `steps` of its main thread are over; what its
    workers do meanwhile goes nowhere.

    `done` and `kept` outlive it: what was really done, and what the store holds.
    """

    scenario: Scenario
    workers: ThreadPoolExecutor
    failing: frozenset[str]
    kept: dict[str, End]
    begun: list[str]
    steps: int = 1 << 60
    in_work: set[str] = field(default_factory=set)

    def start(self, task: ScenarioTask, results: Mapping[str, TaskResult], told: Told) -> None:
        self._step()
        passed = {
            each
            for each in task.waits_for
            if self.kept.get(each, End(status="failed")).status == "success"
        }
        assert set(results) == passed
        self.begun.append(task.id)
        self.workers.submit(self._work, task, told)

    def offer(self, task: ScenarioTask, results: Mapping[str, TaskResult]) -> None:
        raise AssertionError("nothing is for outside workers here")

    def ends_outside(self) -> Mapping[str, End]:
        return {}

    def keep(self, task: ScenarioTask, end: End) -> None:
        self._step()
        self.kept[task.id] = end
        self._step()

    def _work(self, task: ScenarioTask, told: Told) -> None:
        if task.id in self.failing:
            told(task.id, End(status="failed", cause=f"{task.name} broke"))
        else:
            told(task.id, End(status="success", result=TaskResult(text=task.name)))

    def _step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Killed
