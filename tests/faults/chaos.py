"""Faults and moments drawn at random, over several jobs at once, the same for the same seed.

What a strike then meets depends on the machine, too; the promise is the same whatever it meets.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.cases.deaths import RENDER, SERVICES
from tests.faults.house import House, NotSurvived
from tests.faults.oracle import judge
from tests.faults.processes import ffmpeg_pids, hit, run_pid, service_pid
from tests.faults.striking import Outcome, payments

#: A strike comes so long after the one before, in seconds: from, to.
PAUSES_S = (0.5, 6.0)
STOPPED_S = (1.0, 12.0)
#: A supervisor gives up what ends more often than five times in ten minutes.
SERVICE_EVERY_S = 150.0


@dataclass
class Chaos:
    """Strikes `house` while so many jobs are `at_once` under way, and tells of every strike."""

    house: House
    rng: random.Random
    tell: Callable[[str], None]
    at_once: int = 3
    jobs: list[str] = field(default_factory=list)
    _last: dict[str, float] = field(default_factory=dict)

    def run(self, *, seconds: float, strikes: int) -> list[Outcome]:
        """Strike until the time is over or so many have landed; every job's outcome."""
        deadline, landed = time.monotonic() + seconds, 0
        while time.monotonic() < deadline and landed < strikes:
            self._top_up()
            time.sleep(self.rng.uniform(*PAUSES_S))
            landed += self._strike()
        return [
            *(self._outcome(job) for job in self.jobs),
            payments(self.house, (0, 0, 0), "all strikes"),
        ]

    def _top_up(self) -> None:
        while len(self._live()) < self.at_once:
            self.jobs.append(self.house.post())

    def _live(self) -> list[str]:
        ends = {"COMPLETED", "FAILED", "CANCELLED"}
        return [
            job
            for job in self.jobs[-self.at_once :]
            if self.house.state(job).get("type") not in ends
        ]

    def _strike(self) -> bool:
        """Whether there was something to hit."""
        blows: Sequence[tuple[str, Callable[[], bool]]] = [
            ("kill a flow", self._kill_flow),
            ("kill a flow", self._kill_flow),
            ("kill a render", self._kill_render),
            ("kill ffmpeg", self._kill_ffmpeg),
            ("stop a flow", self._stop_flow),
            ("kill a service", self._kill_service),
        ]
        name, blow = self.rng.choice(blows)
        with self.house.struck():
            landed = blow()
        self.tell(f"{name}: {'hit' if landed else 'nothing there'}")
        return landed

    def _job(self) -> str:
        return self.rng.choice(self.jobs[-self.at_once :])

    def _kill_flow(self) -> bool:
        return hit(run_pid(self._job()))

    def _kill_render(self) -> bool:
        child = self.house.child(self._job(), RENDER)
        return child is not None and hit(run_pid(child))

    def _kill_ffmpeg(self) -> bool:
        child = self.house.child(self._job(), RENDER)
        return any([hit(pid) for pid in ffmpeg_pids(child)] if child else [])

    def _stop_flow(self) -> bool:
        stopped = run_pid(self._job())
        if not hit(stopped, signal.SIGSTOP):
            return False
        time.sleep(self.rng.uniform(*STOPPED_S))
        hit(stopped, signal.SIGCONT)
        return True

    def _kill_service(self) -> bool:
        name = self.rng.choice(SERVICES)
        if time.monotonic() - self._last.get(name, float("-inf")) < SERVICE_EVERY_S:
            return False
        self._last[name] = time.monotonic()
        return hit(service_pid(self.house.stack.layout, name))

    def _outcome(self, job: str) -> Outcome:
        began = time.monotonic()
        seen = ""
        try:
            judge(self.house, job)
        except NotSurvived as error:
            seen = str(error)
        return Outcome(f"job {job}", seen, time.monotonic() - began)
