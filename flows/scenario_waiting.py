"""A scenario that waits for outside workers holds no process."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import Abort, Pause
from prefect.states import Suspended

from flows.waiting import SERVER_GRACE_S
from reels.settings import FlowSettings

#: A worker that is quick spares the run a new start.
LINGER_S: Final = 3.0
_LOOK_S: Final = 0.5


def suspend_until_told(
    client: SyncPrefectClient,
    run_id: UUID,
    has_news: Callable[[], bool],
    settings: FlowSettings,
    linger_s: float = LINGER_S,
) -> None:
    """Return when there are news within `linger_s`; else end this process until the run is
    resumed.

    Raises:
        Pause: the run waits without a process; the engine ends this one.
        Abort: the run was cancelled.
    """
    until = time.monotonic() + linger_s
    while time.monotonic() < until:
        if has_news():
            return
        time.sleep(_LOOK_S)
    expires = datetime.now(UTC) + timedelta(seconds=settings.approval_timeout_s + SERVER_GRACE_S)
    suspended: State[Any] = Suspended(
        pause_expiration_time=expires, pause_key=f"outside-{uuid4().hex}"
    )
    answer = client.set_flow_run_state(run_id, suspended)
    if answer.status != SetStateStatus.ACCEPT:
        reason = getattr(answer.details, "reason", "") or answer.status.value
        raise Abort(f"The run may not wait: {reason}")
    # Whoever has told an end before this state was there has found nothing to resume.
    if has_news():
        client.resume_flow_run(run_id)
    raise Pause(state=suspended)
