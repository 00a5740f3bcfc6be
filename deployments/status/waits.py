"""How long is waited before something is tried again."""

from __future__ import annotations

import random
from typing import NamedTuple


class Waits(NamedTuple):
    """Waits that grow by `factor` from `first_s` to `longest_s`, each cut by up to a half.

    Whoever refuses may ask for more, up to `longest_asked_s`.
    """

    first_s: float
    factor: float
    longest_s: float
    longest_asked_s: float

    def after(self, tries: int, asked_s: float | None = None) -> float:
        """Seconds to wait after so many tries (1 or more)."""
        grown_s = min(self.first_s * self.factor ** min(tries - 1, 20), self.longest_s)
        return max(grown_s * random.uniform(0.5, 1.0), self.asked(asked_s))

    def asked(self, asked_s: float | None) -> float:
        """What is granted of the wait that was asked for."""
        return min(asked_s or 0.0, self.longest_asked_s)
