"""Which runs have been silent for too long. Pure: what was read goes in, and the time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, StateType

from reels.observing.carried import BEAT_LABEL
from reels.settings import RecoverySettings


class Sign(NamedTuple):
    """What was read of a run: while its process lives, it changes every few seconds."""

    run_id: UUID
    state_id: UUID | None
    state_type: StateType | None
    beat: str


def sign_of(run: FlowRun) -> Sign:
    """The sign of life in a run as the server gave it."""
    state = run.state
    beat = str(run.labels.get(BEAT_LABEL, ""))
    return Sign(run.id, state.id if state else None, state.type if state else None, beat)


class Silence:
    """Since when each run has been as it is, on the clock of whoever looks.

    What was not looked at did not fall silent: when a look comes late, because the server was
    away or the keeper itself was stopped, every run has its whole lease again.
    """

    def __init__(self, settings: RecoverySettings) -> None:
        self._settings = settings
        self._since_s: dict[Sign, float] = {}
        self._looked_s: float | None = None
        self._longest_gap_s: Final = max(settings.heartbeat_s, 3 * settings.keeper_poll_s)

    def look(self, signs: Iterable[Sign], now_s: float) -> list[Sign]:
        """Those of all `signs` there are now that count as gone. `now_s` MUST never go back."""
        if self._looked_s is None or now_s - self._looked_s > self._longest_gap_s:
            self._since_s = {}
        self._looked_s = now_s
        self._since_s = {sign: self._since_s.get(sign, now_s) for sign in signs}
        return [sign for sign, since in self._since_s.items() if self._is_gone(sign, now_s - since)]

    def _is_gone(self, sign: Sign, silent_s: float) -> bool:
        if sign.state_type == StateType.CRASHED:
            return True
        is_starting = sign.state_type == StateType.PENDING
        lease_s = self._settings.start_lease_s if is_starting else self._settings.lease_s
        return silent_s >= lease_s
