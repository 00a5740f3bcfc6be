"""Books for tests of paid calls: what was reserved and what was charged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reels.cloud.charges import Charge
from reels.errors import BudgetExceeded


class Ledger:
    """Keeps everything in lists; refuses to reserve more than `budget_usd` at once."""

    def __init__(self, budget_usd: float = 1e9) -> None:
        self.budget_usd = budget_usd
        self.reserved_usd: list[float] = []
        self.charges: list[Charge] = []

    @contextmanager
    def reserve(self, expected_usd: float, what: str) -> Iterator[None]:
        if expected_usd > self.budget_usd:
            raise BudgetExceeded(f"There is no money for {what}.")
        self.reserved_usd.append(expected_usd)
        yield

    def enter(self, charge: Charge) -> None:
        self.charges.append(charge)
