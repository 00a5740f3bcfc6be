"""Brings letters to users' receivers: several at a time, each lane in its order.

A receiver that fails is asked less and less often, one letter at a time. Those that fail, or
of which nothing is known yet, never hold more than half of the couriers: the rest are for
those that have taken something of late. Nor does one user hold many.
"""

from __future__ import annotations

import heapq
import logging
import math
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from cachetools import TTLCache

from deployments.status.delivery import OURS, Delivery, Outcome
from deployments.status.endpoints import Endpoint
from deployments.status.letters import Letter, Letters
from deployments.status.waits import Waits

log = logging.getLogger(__name__)

MAX_COURIERS = 32
MAX_OF_ENDPOINT = 2
MAX_OF_USER = 4
#: After so many failures in a row a receiver is taken to be down.
DOWN_AFTER = 3
#: A receiver that has taken something is trusted for so long; so many are remembered.
TRUSTED_S = 86_400
MAX_TRUSTED = 10_000
#: When we cannot look up where a letter goes.
OWN_TROUBLE_S = 5.0


@dataclass
class _Lane:
    """What is known of an endpoint while there is something for it."""

    endpoint: Endpoint
    failures: int = 0
    not_before: float = 0.0
    #: When it is looked at next, and which entry says so; older entries are passed over.
    next_at: float = math.inf
    entry: int = 0
    busy: set[int] = field(default_factory=set)

    @property
    def has_room(self) -> bool:
        return len(self.busy) < (1 if self.failures else MAX_OF_ENDPOINT)


class Couriers:
    """Threads that are started as they are needed. Times are Unix seconds, as in the letters.

    `waits` are a letter's, `pauses` those of a receiver that is down.
    """

    def __init__(
        self,
        letters: Letters,
        delivery: Delivery,
        waits: Waits,
        pauses: Waits,
        *,
        most: int = MAX_COURIERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._letters = letters
        self._delivery = delivery
        self._waits = waits
        self._pauses = pauses
        self._most = most
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._due: list[tuple[float, int, str]] = []
        self._order = count(1)
        self._users: Counter[str] = Counter()
        self._trusted: TTLCache[str, None] = TTLCache(MAX_TRUSTED, TRUSTED_S)
        self._doubtful = 0
        self._parked: dict[str, None] = {}
        self._news = threading.Condition()
        self._is_stopped = False
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self.wake(letters.endpoints())

    def wake(self, endpoints: list[str]) -> None:
        """There are letters for these."""
        with self._news:
            for key in endpoints:
                lane = self._lanes.setdefault(key, _Lane(Endpoint.of(key)))
                self._push(key, max(self._clock(), lane.not_before))
            self._start_if_none_is_idle()

    def busy(self) -> frozenset[int]:
        """The numbers of the letters that are under way."""
        with self._news:
            return frozenset(number for lane in self._lanes.values() for number in lane.busy)

    def stop(self, timeout_s: float = 1.0) -> None:
        """Begin no further attempt; those under way end within their own time."""
        with self._news:
            self._is_stopped = True
            self._news.notify_all()
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _start_if_none_is_idle(self) -> None:
        if self._idle or len(self._threads) == self._most or not self._due:
            return
        self._idle += 1
        thread = threading.Thread(
            target=self._run, name=f"courier-{len(self._threads)}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _push(self, key: str, at: float) -> None:
        lane = self._lanes[key]
        if at < lane.next_at:
            lane.next_at, lane.entry = at, next(self._order)
            heapq.heappush(self._due, (at, lane.entry, key))
            self._news.notify()

    def _run(self) -> None:
        while (found := self._next()) is not None:
            key, letter, is_doubtful = found
            try:
                outcome = self._delivery.attempt(letter)
            except Exception as error:
                # Words of foreign errors may hold anything, a secret too.
                log.error("A webhook cannot be told just now (%s).", type(error).__name__)
                outcome = OURS
            self._finish(key, letter, outcome, was_doubtful=is_doubtful)

    def _next(self) -> tuple[str, Letter, bool] | None:
        with self._news:
            while not self._is_stopped:
                found = self._pick()
                if found is not None:
                    self._idle -= 1
                    self._news.notify()
                    if self._due and self._due[0][0] <= self._clock():
                        self._start_if_none_is_idle()
                    return found
                wait_s = self._due[0][0] - self._clock() if self._due else None
                # Clocks may be set: none is waited for longer than this at a time.
                self._news.wait(None if wait_s is None else min(max(wait_s, 0.0), 30.0))
            return None

    def _pick(self) -> tuple[str, Letter, bool] | None:
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            _, entry, key = heapq.heappop(self._due)
            lane = self._lanes.get(key)
            if lane is None or lane.entry != entry:
                continue
            lane.next_at, lane.entry = math.inf, 0
            if not lane.has_room:
                continue
            if lane.not_before > now:
                self._push(key, lane.not_before)
            elif self._must_park(key, lane):
                self._parked[key] = None
            elif (letter := self._letter(key, lane, now)) is not None:
                return key, letter, self._take(key, lane, letter, now)
        return None

    def _must_park(self, key: str, lane: _Lane) -> bool:
        if key not in self._trusted and self._doubtful >= max(1, self._most // 2):
            return True
        return self._users[lane.endpoint.user] >= MAX_OF_USER

    def _letter(self, key: str, lane: _Lane, now: float) -> Letter | None:
        try:
            found = self._letters.head(key, lane.busy)
        except sqlite3.Error as error:
            log.error("The letters of webhooks cannot be read: %s.", error)
            self._push(key, now + OWN_TROUBLE_S)
            return None
        if found is None:
            if not lane.busy:
                del self._lanes[key]
            return None
        letter, due = found
        if due > now:
            self._push(key, due)
            return None
        return letter

    def _take(self, key: str, lane: _Lane, letter: Letter, now: float) -> bool:
        lane.busy.add(letter.number)
        self._users[lane.endpoint.user] += 1
        is_doubtful = key not in self._trusted
        self._doubtful += is_doubtful
        if lane.has_room:
            self._push(key, now)
        return is_doubtful

    def _finish(self, key: str, letter: Letter, outcome: Outcome, *, was_doubtful: bool) -> None:
        with self._news:
            lane = self._lanes[key]
            try:
                self._note(key, lane, letter, outcome)
            except Exception as error:
                # As when the disk is full: what was done may be done again.
                log.error("A webhook's answer cannot be noted (%s).", type(error).__name__)
                lane.not_before = self._clock() + OWN_TROUBLE_S
            lane.busy.discard(letter.number)
            self._release(lane, was_doubtful=was_doubtful)
            self._push(key, self._clock())

    def _release(self, lane: _Lane, *, was_doubtful: bool) -> None:
        self._idle += 1
        self._doubtful -= was_doubtful
        user = lane.endpoint.user
        self._users[user] -= 1
        if not self._users[user]:
            del self._users[user]
        parked, self._parked = self._parked, {}
        for key in parked:
            if key in self._lanes:
                self._push(key, 0.0)

    def _note(self, key: str, lane: _Lane, letter: Letter, outcome: Outcome) -> None:
        now = self._clock()
        if outcome.kind != "ours":
            self._trusted.pop(key, None)
        if outcome.kind == "taken":
            self._trusted[key] = None
            self._letters.settle(letter, now, was_taken=True)
            self._recover(key, lane)
        elif outcome.kind == "ended":
            self._letters.drop(key, now, for_good=outcome.is_for_good)
            lane.failures, lane.not_before = 0, 0.0
        elif outcome.kind == "ours":
            lane.not_before = now + OWN_TROUBLE_S
            self._letters.postpone(letter, lane.not_before, letter.tries)
        else:
            self._fail(lane, letter, outcome, now)

    def _fail(self, lane: _Lane, letter: Letter, outcome: Outcome, now: float) -> None:
        lane.failures += 1
        if lane.failures == DOWN_AFTER:
            log.warning("%s: %s It is tried again.", lane.endpoint.shown, outcome.trouble)
        lane.not_before = now + self._waits.asked(outcome.asked_s)
        if lane.failures >= DOWN_AFTER:
            pause_s = self._pauses.after(lane.failures - DOWN_AFTER + 1, outcome.asked_s)
            lane.not_before = now + pause_s
        due = now + self._waits.after(letter.tries + 1, outcome.asked_s)
        self._letters.postpone(letter, due, letter.tries + 1)

    def _recover(self, key: str, lane: _Lane) -> None:
        if lane.failures >= DOWN_AFTER:
            self._letters.hurry(key)
            log.warning("%s: works again.", lane.endpoint.shown)
        lane.failures, lane.not_before = 0, 0.0
