"""A run's process tells that it lives, and hears when its work is no longer its own.

A sign of life is a label of the run, `reelwright.beat`: the process's own name and a number
that grows. The keeper (`deployments.keeper`) reads it with the run and goes by its own clock:
a label that has not changed for `lease_s` is of a process that is gone, and the run is begun
again. Such a process may only have been stopped and wake up. So none is believed to own its
run for longer than part of the lease since the server last said so: before what others would
take for the job's (its files, its states, calls that are paid), `fence` asks again, and ends
a process whose run has another. No clock is used that can be set.

Only the server knows whose a run is: while it does not answer, fences wait.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.recovering import is_child, true_state
from reels.observing.carried import BEAT_LABEL
from reels.settings import RecoverySettings

logger = logging.getLogger(__name__)

#: What a request may take; the next one follows at once.
TIMEOUT_S: Final = 10.0
AGAIN_S: Final = (0.5, 1.0, 2.0, 4.0)
_CLOCK: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_ENDED = "The process that worked on this job was ended."


def now_s() -> float:
    """A clock that nobody sets; where there is one, it goes on while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


class Heart:
    """Of one process that works on one run."""

    def __init__(self, run_id: UUID, settings: RecoverySettings) -> None:
        self.run_id = run_id
        self.has_ended = False
        self._settings = settings
        self._name = uuid4().hex
        self._beats = 0
        self._sure_until_s = 0.0
        self._is_over = False
        self._cancelled_at_s: float | None = None
        self._seen_ended = False
        self._told = threading.Condition()
        self._asked = threading.Event()
        self._thread = threading.Thread(target=self._live, name="heart", daemon=True)

    def start(self) -> None:
        """Beat until the process ends, in a thread."""
        self._thread.start()

    def fence(self) -> None:
        """Return when this process has the run for some seconds yet; do not when it has not.

        As a rule it is known; after a silence the server is asked, for as long as it takes.
        """
        if threading.current_thread() is self._thread:
            return
        with self._told:
            while not self._is_over and now_s() >= self._sure_until_s:
                self._asked.set()
                self._told.wait(1.0)

    def instead_of_crash(self, client: SyncPrefectClient, crashed: State[Any]) -> State[Any]:
        """What a process that is being ended says of its run in place of `crashed`."""
        run = client.read_flow_run(self.run_id)
        if is_child(run):
            return crashed
        states = client.read_flow_run_states(self.run_id)
        return true_state(run, states, self._settings.max_recoveries, _ENDED) or crashed

    def _live(self) -> None:
        failures = 0
        while not self._is_over:
            try:
                # Its own patience is better than the client's, which grows to minutes.
                with (
                    temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
                    get_client(sync_client=True, httpx_settings={"timeout": TIMEOUT_S}) as client,
                ):
                    while self._beat(client):
                        failures = 0
                        self._wait(self._settings.heartbeat_s)
            except ObjectNotFound:
                self._leave("it was deleted")
            # Whatever it is, without a sign of life the run would be begun again elsewhere.
            except Exception as error:
                if not failures:
                    logger.warning("No sign of life can be given (%s).", type(error).__name__)
                self._wait(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
                failures += 1

    def _wait(self, seconds: float) -> None:
        self._asked.wait(seconds)
        self._asked.clear()

    def _beat(self, client: SyncPrefectClient) -> bool:
        """Ask whose the run is, and tell. False: it has ended, and so does this process soon."""
        began_s = now_s()
        run = client.read_flow_run(self.run_id)
        self._leave_what_is_not_ours(run)
        if run.state is not None and run.state.is_final():
            return self._goes_on_after_an_end()
        self._beats += 1
        client.update_flow_run_labels(self.run_id, {BEAT_LABEL: f"{self._name}.{self._beats}"})
        with self._told:
            self._sure_until_s = began_s + self._settings.lease_s * 2 / 3
            self._told.notify_all()
        return True

    def _leave_what_is_not_ours(self, run: FlowRun) -> None:
        kind = run.state.type if run.state else StateType.PENDING
        holder = str(run.labels.get(BEAT_LABEL, "")).partition(".")[0]
        if self._beats and holder != self._name:
            self._leave("another process has it")
        if kind in (StateType.SCHEDULED, StateType.PENDING):
            self._leave("it is to be begun again")
        if kind == StateType.CANCELLING:
            self._leave_a_late_cancel()

    def _goes_on_after_an_end(self) -> bool:
        """Whether to ask once more: a flow that learns of an end by itself has time to end in
        order, but may write nothing. Its own end is an end for the heart, too.
        """
        if self.has_ended:
            with self._told:
                self._is_over = True
                self._told.notify_all()
            return False
        if self._seen_ended:
            self._leave("somebody has ended it")
        self._seen_ended = True
        return True

    def _leave_a_late_cancel(self) -> None:
        """A worker ends what is cancelled within 30 s. Without one, the process does, and the
        keeper says so."""
        if self._cancelled_at_s is None:
            self._cancelled_at_s = now_s()
        elif now_s() > self._cancelled_at_s + self._settings.lease_s:
            self._leave("it was cancelled")

    def _leave(self, why: str) -> NoReturn:
        """End the process at once. Its status is that of a run that has nothing to report."""
        print(f"Run {self.run_id} is no longer this process's: {why}.", file=sys.stderr, flush=True)
        os._exit(0)


_heart: Heart | None = None


def fence() -> None:
    """Go on only as the process whose run this is; where no run is at work, go on."""
    if _heart is not None:
        _heart.fence()


@contextmanager
def beating(run: FlowRun | None) -> Iterator[None]:
    """The process of a deployment's run beats, from here to its very end."""
    global _heart
    if run is None or run.deployment_id is None or _heart is not None:
        yield
        return
    _heart = heart = Heart(run.id, RecoverySettings())
    _guard_states(heart)
    heart.start()
    yield


def _guard_states(heart: Heart) -> None:
    """Have no process that has lost its run name a state of it, whether its own code or Prefect's.

    What a process that is being ended calls a crash is for most runs no end.
    """
    given = SyncPrefectClient.set_flow_run_state

    def guarded(
        self: SyncPrefectClient, flow_run_id: UUID | str, state: State[Any], force: bool = False
    ) -> Any:
        if str(flow_run_id) != str(heart.run_id):
            return given(self, flow_run_id, state, force)
        heart.fence()
        if state.type == StateType.CRASHED:
            state = heart.instead_of_crash(self, state)
        answer = given(self, flow_run_id, state, force)
        heart.has_ended |= state.is_final()
        return answer

    SyncPrefectClient.set_flow_run_state = guarded  # type: ignore[assignment,method-assign]
