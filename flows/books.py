"""The books of a job: what each of its calls to paid services cost, and its budget.

Every charge is a file of its own in the store, `videos/{user}/{job}/charges/{id}.json`,
written as soon as the call is over. So nothing is lost with a process, several processes
of a job never write over each other, and a job that is entered again goes on counting.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from uuid import uuid4

from blocks.registry import load_store
from flows.patience import patiently
from reels.artifacts import ArtifactStore, job_prefix
from reels.cloud.charges import CHARGES, Charge
from reels.documents import read, written
from reels.errors import BudgetExceeded
from reels.models import Model

FOLDER = CHARGES
#: Sums of prices are not exact.
_SLACK_USD = 1e-9


class Payer(Model):
    """For whom a task works: never part of a content key."""

    user_id: str
    job_id: str
    budget_usd: float | None = None
    scene: int | None = None

    def of_scene(self, number: int) -> Payer:
        """The same job, for its scene of this number."""
        return self.model_copy(update={"scene": number})


class JobBooks:
    """One job's books, shared by the threads of this process; a `reels.cloud.charges.Books`."""

    def __init__(self, store: ArtifactStore, user: str, job: str, budget_usd: float | None) -> None:
        self._store = store
        self._folder = f"{job_prefix(user, job)}/{FOLDER}"
        self.budget_usd = budget_usd
        self._reserved_usd = 0.0
        self._charges: dict[str, Charge] = {}
        self._was_read = False
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, expected_usd: float, what: str) -> Iterator[None]:
        """Hold the expected price while the call runs.

        What the store could not keep is not paid for, so it is asked first. A call that would
        pass the budget only together with others that are on their way waits for what those
        really cost.

        Raises:
            BudgetExceeded: the budget would be passed.
            StoreUnavailable: the store does not answer.
        """
        patiently(lambda: self._store.head(f"{self._folder}/any.json"))
        with self._changed:
            while not self._fits(expected_usd + self._reserved_usd):
                if not self._fits(expected_usd) or self._reserved_usd <= _SLACK_USD:
                    raise self._exceeded(expected_usd, what)
                self._changed.wait()
            self._reserved_usd += expected_usd
        try:
            yield
        finally:
            with self._changed:
                self._reserved_usd -= expected_usd
                self._changed.notify_all()

    def enter(self, charge: Charge) -> None:
        """Keep a charge, in the store before this returns."""
        name = uuid4().hex
        with self._changed:
            self._charges[name] = charge
        content = written(charge)
        patiently(lambda: self._store.put(f"{self._folder}/{name}.json", content))

    def charges(self) -> tuple[Charge, ...]:
        """All of the job's charges by now, other processes' too, in their order in time."""
        with self._changed:
            self._read()
            return tuple(sorted(self._charges.values(), key=lambda charge: charge.at))

    def _fits(self, more_usd: float) -> bool:
        if self.budget_usd is None:
            return True
        return self._spent_usd() + more_usd <= self.budget_usd + _SLACK_USD

    def _spent_usd(self) -> float:
        if not self._was_read:
            self._read()
        return sum(charge.cost_usd for charge in self._charges.values())

    def _read(self) -> None:
        for ref in patiently(lambda: self._store.list(self._folder)):
            name = PurePosixPath(ref.key).stem
            if name not in self._charges:
                self._charges[name] = read(Charge, self._store.read(ref.key), ref.key)
        self._was_read = True

    def _exceeded(self, expected_usd: float, what: str) -> BudgetExceeded:
        return BudgetExceeded(
            f"The budget of ${self.budget_usd:.2f} does not do: ${self._spent_usd():.4f} are "
            f"spent, and {what} takes about ${expected_usd:.4f}.",
            remedy="Retry the job, or ask for the same video again, with a higher budget_usd; "
            "what was made is kept and costs nothing again.",
        )


_open: dict[tuple[str, str], JobBooks] = {}
_opening = threading.Lock()


def books_of(payer: Payer) -> JobBooks:
    """The books of the payer's job; all threads of this process get the same.

    The budget is the one that was told last: a job may be retried with another.
    """
    with _opening:
        key = payer.user_id, payer.job_id
        if key not in _open:
            _open[key] = JobBooks(load_store(), *key, payer.budget_usd)
        _open[key].budget_usd = payer.budget_usd
        return _open[key]
