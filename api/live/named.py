"""Which jobs events have named, and when."""

from __future__ import annotations

import time
from uuid import UUID

#: So many jobs are told apart. When there are more, all count as named once.
MOST = 20_000


class Named:
    """A clock that only counts, one tick for each time that a job or all jobs are named."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._jobs: dict[UUID, tuple[int, float]] = {}
        self._all = (0, 0.0)
        self.now = 0

    def name(self, job_id: UUID) -> None:
        """Something has happened to this job."""
        if len(self._jobs) >= self._most:
            self.name_all()
        self.now += 1
        self._jobs[job_id] = (self.now, time.time())

    def name_all(self) -> None:
        """Something may have happened to any job."""
        self.now += 1
        self._jobs.clear()
        self._all = (self.now, time.time())

    def since(self, job_id: UUID, tick: int) -> bool:
        """Whether the job has been named since the clock stood at `tick`."""
        return self._last(job_id)[0] > tick

    def at(self, job_id: UUID) -> float:
        """When it was named last, in Unix seconds."""
        return self._last(job_id)[1]

    def _last(self, job_id: UUID) -> tuple[int, float]:
        return self._jobs.get(job_id, self._all)
