"""What a scenario's tasks are to their services: orders, without anything that is only its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reels.artifacts import content_key
from reels.scenarios.models import Scenario, ScenarioTask
from reels.services.base import Order, TaskResult


class Orders:
    """The orders of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._family = content_key("family", "1", variables=scenario.variables)[:16]
        self._all_of = Counter(task.name for task in scenario.tasks)
        self._turns: dict[str, int] = {}
        counted: Counter[str] = Counter()
        for task in scenario.tasks:
            counted[task.name] += 1
            self._turns[task.id] = counted[task.name]

    def turn(self, task: ScenarioTask) -> int:
        """Which one of its name a task is, from 1."""
        return self._turns[task.id]

    def of(self, task: ScenarioTask, results: Mapping[str, TaskResult]) -> Order:
        """The task's order; `results` are those of tasks that it waits for, by their ids."""

        def given(ids: str | tuple[str, ...]) -> tuple[TaskResult, ...]:
            several = (ids,) if isinstance(ids, str) else ids
            return tuple(results[each] for each in several if each in results)

        return Order(
            service=task.service,
            name=task.name,
            prompt=task.prompt,
            params=task.params,
            turn=self._turns[task.id],
            turns=self._all_of[task.name],
            family=self._family,
            inputs={field: given(ids) for field, ids in task.references.items()},
            waited_for=given(task.waits_for),
        )
