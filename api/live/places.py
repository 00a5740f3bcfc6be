"""How many may listen at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.metrics import LISTENERS, REFUSALS
from reels.errors import LimitReached, Unavailable

_AGAIN_S: Final = 10.0


class Places:
    """Places for the listeners of one process: so many for each user, so many in all."""

    def __init__(self, per_user: int, in_all: int) -> None:
        self._per_user = per_user
        self._in_all = in_all
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many listen now."""
        return self._taken.total()

    @contextmanager
    def take(self, user: str) -> Iterator[None]:
        """A place, as long as the body runs.

        Raises:
            LimitReached: the user has as many as one may have.
            Unavailable: there is none left for anybody.
        """
        if self._taken[user] >= self._per_user:
            REFUSALS.labels("listeners").inc()
            raise LimitReached(
                f"You follow jobs over {self._per_user} connections already.",
                retry_after_s=_AGAIN_S,
                remedy="Close some; one to /events tells of all your jobs.",
            )
        if self.taken >= self._in_all:
            raise Unavailable("As many follow jobs as there are places.", retry_after_s=_AGAIN_S)
        self._taken[user] += 1
        LISTENERS.inc()
        try:
            yield
        finally:
            LISTENERS.dec()
            self._taken[user] -= 1
            if not self._taken[user]:
                del self._taken[user]
