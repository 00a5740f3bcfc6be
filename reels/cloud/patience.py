"""When a call that failed is tried again, and when not: one policy for all services.

Exponential with full jitter: before attempt n + 1 a wait is drawn evenly from 0 to
`first_s * 2^(n - 1)`, at most `longest_s`. A service that says how long to wait is heeded,
with up to `first_s` on top, so that those who were refused together do not return together.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from pydantic import Field

from reels.errors import RateLimited, StoreForbidden, StoreUnavailable, TransientFailure
from reels.models import Model
from reels.settings import ProviderSettings

#: All that may pass by itself, but for `LASTING` among it. Everything else would fail again.
PASSING = (TransientFailure, RateLimited, StoreUnavailable)
LASTING = (StoreForbidden,)


class Patience(Model):
    """How often, and how long in between. `longest_asked_s` bounds a service's own delay."""

    attempts: int = Field(ge=1)
    first_s: float = 1.0
    longest_s: float = 30.0
    longest_asked_s: float = 60.0

    def wait_s(
        self, error: Exception, failed: int, draw: Callable[[], float] = random.random
    ) -> float | None:
        """Seconds until the next attempt, after `failed` of them; None: give up.

        `draw` gives numbers from 0 to 1.
        """
        may_pass = isinstance(error, PASSING) and not isinstance(error, LASTING)
        if not may_pass or failed >= self.attempts:
            return None
        asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
        if asked_s is not None:
            if asked_s > self.longest_asked_s:
                return None
            return max(asked_s, 0.0) + draw() * self.first_s
        return draw() * min(self.longest_s, self.first_s * 2.0 ** (failed - 1))


def patience() -> Patience:
    """The policy of the settings."""
    return Patience(attempts=ProviderSettings().provider_attempts)
