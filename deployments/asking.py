"""When a worker asks Prefect for runs. Each question costs the server a search of the queue."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Final

from deployments.bell import Bell
from deployments.hooking import known

#: How often a worker asks that has just been given runs: some may not have fitted.
SOON_S: Final = 0.5
#: How often one asks that hears a bell, and has nothing to do: what lies in the future, and what
#: schedules make, is not rung for.
SELDOM_S: Final = 2.0
#: How often one without a free slot asks. It takes nothing, but Prefect would take a queue for
#: not ready when nobody asked for a minute.
FULL_S: Final = 15.0
#: Two questions lie at least so far apart.
LEAST_S: Final = 0.1


@dataclass
class Turns:
    """When the next question is due, for a worker that is looked at every now and then."""

    bell: Bell | None
    _asked_s: float = -math.inf
    _pause_s: float = 0.0

    def is_due(self, now_s: float, *, is_full: bool) -> bool:
        """Whether to ask at `now_s` of a clock that only grows."""
        since_s = now_s - self._asked_s
        if is_full:
            # It asks as soon as it has a slot.
            self._pause_s = LEAST_S
            return since_s >= FULL_S
        if self.bell is None or since_s >= self._pause_s:
            return True
        return since_s >= LEAST_S and self.bell.rang()

    def asks(self, now_s: float) -> None:
        """It asks now; what is rung from here on is for the next question."""
        self._asked_s = now_s
        if self.bell is not None:
            self.bell.hear()

    def was_given(self, runs: int) -> None:
        self._pause_s = SOON_S if runs else SELDOM_S


def ask_in_turns(bell: Bell | None) -> None:
    """Have workers ask when there may be something for them.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.workers.base import BaseWorker

    ask = known(BaseWorker, "_get_scheduled_flow_runs")
    turns = Turns(bell)

    async def ask_in_turn(self: Any) -> list[Any]:
        is_full = self._limiter is not None and self._limiter.available_tokens <= 0
        now_s = time.monotonic()
        if not turns.is_due(now_s, is_full=is_full):
            return []
        turns.asks(now_s)
        found: list[Any] = await ask(self)
        turns.was_given(len(found))
        return found

    BaseWorker._get_scheduled_flow_runs = ask_in_turn  # type: ignore[method-assign]
