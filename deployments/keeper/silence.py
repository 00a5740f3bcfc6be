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

    What was not looked at did not fall silent: of the time between two looks no more counts than
    is usual, as when the keeper itself was stopped.
    """

    def __init__(self, settings: RecoverySettings) -> None:
        self._settings = settings
        self._since_s: dict[Sign, float] = {}
        self._looked_s: float | None = None
        self._longest_gap_s: Final = max(settings.heartbeat_s, 3 * settings.keeper_poll_s)

    def look(self, signs: Iterable[Sign], now_s: float) -> list[Sign]:
        """Those of all `signs` there are now that count as gone. `now_s` MUST never go back."""
        if self._looked_s is not None:
            unseen_s = max(0.0, now_s - self._looked_s - self._longest_gap_s)
            self._since_s = {sign: since + unseen_s for sign, since in self._since_s.items()}
        self._looked_s = now_s
        self._since_s = {sign: self._since_s.get(sign, now_s) for sign in signs}
        return [sign for sign, since in self._since_s.items() if self._is_gone(sign, now_s - since)]

    def begin_anew(self) -> None:
        """Give every run its whole lease again: the server was away, and could not be told."""
        self._since_s, self._looked_s = {}, None

    def _is_gone(self, sign: Sign, silent_s: float) -> bool:
        if sign.state_type == StateType.CRASHED:
            return True
        is_starting = sign.state_type == StateType.PENDING
        lease_s = self._settings.start_lease_s if is_starting else self._settings.lease_s
        return silent_s >= lease_s
