"""In which order a graph's tasks run, and what becomes of those whose causes fail."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from reels.scenarios.models import Scenario, ScenarioTask


class Outcome(NamedTuple):
    """How a task ended. `cause` is empty for a success.

    `ran` is False for a task that failed because of another.
    """

    status: Literal["success", "failed"]
    cause: str = ""
    ran: bool = True


class Schedule:
    """One run of a graph. A task is ready once, when all that it waits for lets it pass.

    A failure fails what waits for it, and so on, unless the failed one is optional. The
    cost of each step is that of the edges that leave its task.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._tasks = scenario.by_id
        self._open = {task.id: task.queue for task in scenario.tasks}
        self._ready = deque(task.id for task in scenario.tasks if not task.queue)
        self._started: set[str] = set()
        self.outcomes: dict[str, Outcome] = {}
        self._new: deque[str] = deque()

    @property
    def is_over(self) -> bool:
        return len(self.outcomes) == len(self._tasks)

    @property
    def has_ready(self) -> bool:
        """Whether a task can start now."""
        return any(task not in self.outcomes for task in self._ready)

    def new_outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """Each outcome once, in the order in which they came about."""
        while self._new:
            task = self._new.popleft()
            yield task, self.outcomes[task]

    @property
    def failures(self) -> Iterator[tuple[ScenarioTask, Outcome]]:
        """Tasks that failed, and that may not."""
        for task in self._tasks.values():
            outcome = self.outcomes.get(task.id)
            if outcome is not None and outcome.status == "failed" and not task.optional:
                yield task, outcome

    def take(self) -> ScenarioTask | None:
        """The next task that can start, which is started with that; None if none can now."""
        while self._ready:
            task = self._ready.popleft()
            if task not in self.outcomes and task not in self._started:
                self._started.add(task)
                return self._tasks[task]
        return None

    def settle(self, task: str, outcome: Outcome) -> None:
        """A task has ended. What depends on it becomes ready, or fails with it.

        An end that is known already stays.
        """
        ended = deque([(task, outcome)])
        while ended:
            current, how = ended.popleft()
            if current in self.outcomes:
                continue
            self.outcomes[current] = how
            self._new.append(current)
            passes = how.status == "success" or self._tasks[current].optional
            for consumer in self._tasks[current].consumers:
                if not passes:
                    ended.append((consumer, self._because_of(current, how)))
                    continue
                self._open[consumer] -= 1
                if not self._open[consumer]:
                    self._ready.append(consumer)

    def _because_of(self, task: str, outcome: Outcome) -> Outcome:
        cause = outcome.cause if not outcome.ran else f"{self._tasks[task].name}: {outcome.cause}"
        return Outcome("failed", cause, ran=False)


def with_consequences(
    scenario: Scenario, known: Mapping[str, Outcome] | Iterable[tuple[str, Outcome]]
) -> dict[str, Outcome]:
    """`known` ends, and those that follow from them."""
    schedule = Schedule(scenario)
    for task, outcome in dict(known).items():
        schedule.settle(task, outcome)
    return schedule.outcomes
