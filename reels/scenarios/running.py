"""Runs a graph: starts what is ready, keeps each end before anything builds on it.

It knows neither processes nor stores: `Hands` do the work. So it can be entered again, with
the ends that were kept, after any crash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Final, Literal, Protocol

from reels.models import Model
from reels.scenarios.models import Scenario, ScenarioTask
from reels.scenarios.schedule import Outcome, Schedule
from reels.services.base import TaskResult

#: How often ends of outside workers are looked for while others are at work.
LOOK_S: Final = 1.0
#: Looking takes at most one part in so many of the time.
_LOOK_SHARE: Final = 10


class End(Model):
    """How a task ended. `cause` says why it failed; `ran` is False where another's failure
    failed it."""

    status: Literal["success", "failed"]
    result: TaskResult | None = None
    cause: str = ""
    ran: bool = True


Told = Callable[[str, End], None]


class Hands(Protocol):
    """Who does the work of a run."""

    def start(self, task: ScenarioTask, results: Mapping[str, TaskResult], told: Told) -> None:
        """Start one of our tasks; `told` may be called in any thread, once."""
        ...

    def offer(self, task: ScenarioTask, results: Mapping[str, TaskResult]) -> None:
        """Let outside workers know of a task that is ready. It may be offered before."""
        ...

    def ends_outside(self) -> Mapping[str, End]:
        """How offered tasks have ended by now."""
        ...

    def keep(self, task: ScenarioTask, end: End) -> None:
        """Make an end known for good."""
        ...


class Run:
    """One run of a scenario. `ends` holds all that has ended, and grows."""

    def __init__(self, scenario: Scenario, hands: Hands, known: Mapping[str, End]) -> None:
        self._scenario = scenario
        self._hands = hands
        self._schedule = Schedule(scenario)
        self._told: SimpleQueue[tuple[str, End]] = SimpleQueue()
        self._working = 0
        self._offered: set[str] = set()
        self._look_at = 0.0
        self.ends: dict[str, End] = {}
        for task in scenario.tasks:
            if task.id in known and known[task.id].ran:
                self._settle(task.id, known[task.id])

    @property
    def is_over(self) -> bool:
        return self._schedule.is_over

    @property
    def failures(self) -> list[tuple[ScenarioTask, str]]:
        """Tasks that failed and may not, with the causes."""
        return [(task, outcome.cause) for task, outcome in self._schedule.failures]

    def has_news(self) -> bool:
        """Whether outside workers have ended anything that is not known here."""
        return any(task in self._offered for task in self._hands.ends_outside())

    def go_on(self) -> None:
        """Work until all has ended, or all that is left waits for outside workers."""
        while not self.is_over:
            self._start_ready()
            if self._working:
                self._hear()
            else:
                self._look_at = 0.0
            if not self._look_outside() and not self._working and not self._schedule.has_ready:
                return

    def _start_ready(self) -> None:
        while (task := self._schedule.take()) is not None:
            results = self._results_for(task)
            if task.worker == "outside":
                self._hands.offer(task, results)
                self._offered.add(task.id)
            else:
                self._working += 1
                self._hands.start(task, results, lambda *end: self._told.put(end))

    def _hear(self) -> None:
        """Wait for the next end, and take all that have come with it."""
        try:
            ends = [self._told.get(timeout=LOOK_S if self._offered else None)]
        except Empty:
            return
        while not self._told.empty():
            ends.append(self._told.get())
        for task, end in ends:
            self._working -= 1
            self._keep(task, end)

    def _look_outside(self) -> bool:
        """Whether outside workers have ended anything, as far as it is time to look."""
        began = time.monotonic()
        if not self._offered or began < self._look_at:
            return False
        ends = {
            task: end for task, end in self._hands.ends_outside().items() if task in self._offered
        }
        over = time.monotonic()
        self._look_at = over + max(LOOK_S, (over - began) * _LOOK_SHARE)
        for task, end in ends.items():
            self._offered.discard(task)
            self._keep(task, end)
        return bool(ends)

    def _keep(self, task: str, end: End) -> None:
        self._hands.keep(self._scenario.by_id[task], end)
        self._settle(task, end)

    def _settle(self, task: str, end: End) -> None:
        self.ends[task] = end
        self._schedule.settle(task, Outcome(end.status, end.cause))
        for other, outcome in self._schedule.new_outcomes():
            if other not in self.ends:
                self.ends[other] = End(status="failed", cause=outcome.cause, ran=False)

    def _results_for(self, task: ScenarioTask) -> dict[str, TaskResult]:
        """The results that a task waits for, by their tasks; failed ones have none."""
        results = {other: self.ends[other].result for other in task.waits_for}
        return {other: result for other, result in results.items() if result is not None}
