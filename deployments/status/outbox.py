"""What a sink is still to be told: the changes of each job in order, tried until they are taken.

A change that fails keeps back the later ones of its own job and no other's.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from deployments.status.waits import Waits
from reels.errors import RateLimited, ReelsError, TransientFailure
from reels.sinks.base import StatusChange, StatusSink

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
#: The longest that a sink may ask to be left alone.
LONGEST_ASKED_S = 600.0


@dataclass
class _Letter:
    change: StatusChange
    until: float
    tries: int = 0


class Outbox:
    """One sink's changes and the thread that brings them there.

    `patience_s` after a change came it is given up, if it still fails: the log says so, and
    the job's next change has its turn. `clock` counts seconds.
    """

    def __init__(
        self,
        sink: StatusSink,
        patience_s: float,
        *,
        first_wait_s: float = FIRST_WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = sink.name
        self._sink = sink
        self._patience_s = patience_s
        self._waits = Waits(first_wait_s, 2.0, LONGEST_WAIT_S, LONGEST_ASKED_S)
        self._clock = clock
        self._jobs: dict[UUID, deque[_Letter]] = {}
        self._due: list[tuple[float, int, UUID]] = []
        self._order = count()
        self._news = threading.Condition()
        self._is_stopped = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name=f"sink-{sink.name}", daemon=True)
        self._thread.start()

    def add(self, change: StatusChange) -> None:
        """Returns at once. Changes of one job MUST come in the order of their time."""
        with self._news:
            now = self._clock()
            letters = self._jobs.setdefault(change.job_id, deque())
            letters.append(_Letter(change, now + self._patience_s))
            if len(letters) == 1:
                self._schedule(change.job_id, now)

    def pending_since(self) -> datetime | None:
        """When the oldest change was made that is still to be told; None when all are."""
        with self._news:
            return min(
                (letters[0].change.changed_at for letters in self._jobs.values()), default=None
            )

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Whether everything was told or given up in time."""
        with self._news:
            return self._news.wait_for(lambda: not self._jobs, timeout_s)

    def stop(self, timeout_s: float = 1.0) -> None:
        """Begin no further attempt; one that is under way may take as long as it takes."""
        with self._news:
            self._is_stopped = True
            self._news.notify_all()
        self._thread.join(timeout_s)

    def _schedule(self, job: UUID, at: float) -> None:
        heapq.heappush(self._due, (at, next(self._order), job))
        self._news.notify_all()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._attempt(job, self._jobs[job][0])
        self._sink.close()

    def _next(self) -> UUID | None:
        """The job whose turn it is, once one's is; None when it is time to stop."""
        with self._news:
            while not self._is_stopped:
                wait_s = self._due[0][0] - self._clock() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._due)[2]
                self._news.wait(wait_s)
            return None

    def _attempt(self, job: UUID, letter: _Letter) -> None:
        letter.tries += 1
        try:
            self._sink.write(letter.change)
        except (TransientFailure, RateLimited) as error:
            self._again(job, letter, error)
        except ReelsError as error:
            self._give_up(letter, str(error))
            self._done(job)
        except Exception as error:
            # A fault of the sink's own. Its words may hold anything, a secret too.
            self._give_up(letter, f"The sink failed ({type(error).__name__}).")
            self._done(job)
        else:
            self._recovered()
            self._done(job)

    def _again(self, job: UUID, letter: _Letter, error: TransientFailure | RateLimited) -> None:
        now = self._clock()
        if now >= letter.until:
            self._give_up(letter, str(error))
            self._done(job)
            return
        if error.message != self._trouble:
            self._trouble = error.message
            log.warning("%s: %s It is tried again.", self.name, error)
        asked_s = getattr(error, "retry_after_s", None)
        at = min(now + self._waits.after(letter.tries, asked_s), letter.until)
        with self._news:
            self._schedule(job, at)

    def _recovered(self) -> None:
        if self._trouble:
            self._trouble = ""
            log.warning("%s: works again.", self.name)

    def _give_up(self, letter: _Letter, reason: str) -> None:
        change = letter.change
        log.error(
            "%s: %r of job %s is not told, after %d tries. %s",
            *(self.name, change.status, change.job_id, letter.tries, reason),
        )

    def _done(self, job: UUID) -> None:
        with self._news:
            letters = self._jobs[job]
            letters.popleft()
            if letters:
                self._schedule(job, self._clock())
            else:
                del self._jobs[job]
                self._news.notify_all()
