"""How outside workers take tasks: offered, claimed for a while, ended; one after the other.

Each task has a log, to which entries are only ever appended, each under the next number.
Whoever appends has looked at all entries before; a number can be taken once only, so of
several who append at the same time one is heard and the others look again. That is all
that is needed for one claim at a time and one end in all.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import Field

from reels.errors import Conflict
from reels.models import Model
from reels.scenarios.models import TaskStatus
from reels.services.base import TaskResult

#: More than this many steps of one task are refused: every claim costs a place.
MAX_ENTRIES: Final = 1_000
MAX_CAUSE_CHARS: Final = 1_000


class Entry(Model):
    """One step. `offered` carries the results that the task needs, by their tasks' ids;
    `withdrawn` stands where the task is to be done anew and is not ready yet.
    """

    what: Literal["offered", "claimed", "renewed", "ended", "withdrawn"]
    at: datetime
    claim: str = ""
    worker: str = ""
    until: datetime | None = None
    results: dict[str, TaskResult] = Field(default_factory=dict)
    status: Literal["success", "failed"] | None = None
    result_ref: str = Field(default="", max_length=2_000)
    cause: str = Field(default="", max_length=MAX_CAUSE_CHARS)


class Log:
    """One task's entries since it was offered last."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        starts = [
            number for number, each in enumerate(entries) if each.what in ("offered", "withdrawn")
        ]
        self.is_offered = bool(starts) and entries[starts[-1]].what == "offered"
        self.length = len(entries)
        self._entries = entries[starts[-1] :] if self.is_offered else ()
        self.end = next((entry for entry in self._entries if entry.what == "ended"), None)

    @property
    def offer(self) -> Entry | None:
        return self._entries[0] if self._entries else None

    @property
    def claims(self) -> list[str]:
        """All claims, each once, in order."""
        return [entry.claim for entry in self._entries if entry.what == "claimed"]

    def holder(self, now: datetime) -> Entry | None:
        """The step that gave the task to whoever has it now; None when it is free."""
        steps = [entry for entry in self._entries if entry.what in ("claimed", "renewed")]
        if self.end is not None or not steps:
            return None
        last = steps[-1]
        assert last.until is not None
        return last if last.until > now else None

    def status(self, now: datetime) -> TaskStatus:
        if self.end is not None:
            assert self.end.status is not None
            return self.end.status
        return "processing" if self.holder(now) else "pending"

    def claimed(self, worker: str, lease_s: float, now: datetime) -> Entry:
        """The step by which `worker` takes the task.

        Raises:
            Conflict: it is not ready, is taken, or has ended.
        """
        self._require_room()
        if not self.is_offered:
            raise Conflict("The task is not ready: it waits for others.")
        if self.end is not None:
            raise Conflict(f"The task has ended: {self.end.status}.")
        if self.holder(now) is not None:
            raise Conflict("Another worker has the task.", remedy="Take another one.")
        return Entry(
            what="claimed",
            at=now,
            claim=secrets.token_hex(8),
            worker=worker,
            until=now + timedelta(seconds=lease_s),
        )

    def renewed(self, claim: str, lease_s: float, now: datetime) -> Entry:
        """The step by which whoever has the task keeps it longer.

        Raises:
            Conflict: the claim is not the task's present one.
        """
        self._require_room()
        held = self._present(claim)
        return Entry(
            what="renewed",
            at=now,
            claim=held.claim,
            worker=held.worker,
            until=now + timedelta(seconds=lease_s),
        )

    def ended(
        self,
        claim: str,
        status: Literal["success", "failed"],
        now: datetime,
        *,
        result_ref: str = "",
        cause: str = "",
    ) -> Entry:
        """The step that ends the task. A lease that is over but that nobody else has taken up
        still counts.

        Raises:
            Conflict: the claim is not the task's present one, or it has ended.
        """
        held = self._present(claim)
        return Entry(
            what="ended",
            at=now,
            claim=held.claim,
            worker=held.worker,
            status=status,
            result_ref=result_ref,
            cause=cause[:MAX_CAUSE_CHARS],
        )

    def _present(self, claim: str) -> Entry:
        """The last claim's step. Without a name it is meant as long as there was one only."""
        if self.end is not None:
            raise Conflict(f"The task has ended: {self.end.status}.")
        if not self.claims:
            raise Conflict(
                "Nobody has claimed the task.",
                remedy="Claim it: a task is processing before it ends.",
            )
        if not claim and len(self.claims) > 1:
            raise Conflict(
                "The task was claimed more than once.", remedy="Name your claim as 'claim'."
            )
        if claim and claim != self.claims[-1]:
            raise Conflict("The claim is over: another worker has the task, or had it.")
        return next(entry for entry in reversed(self._entries) if entry.what != "offered")

    def _require_room(self) -> None:
        if self.length >= MAX_ENTRIES:
            raise Conflict("The task was claimed too often.", remedy="Cancel the scenario.")
