"""An ended run is scheduled again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State
from prefect.client.schemas.responses import SetStateStatus
from prefect.states import Scheduled

from reels.errors import Conflict
from reels.stages import RETRY_STATE


async def schedule_again(client: PrefectClient, run_id: UUID, what: str) -> None:
    """Schedule a run again; `what` is what people call it.

    Forced, as Prefect's own UI does it: an ended run takes no other state else, and the pauses
    that have fired stay known.

    Raises:
        Conflict: Prefect refuses.
    """
    again: State[Any] = Scheduled(name=RETRY_STATE, message="Retried over the API.")
    result = await client.set_flow_run_state(run_id, again, force=True)
    if result.status != SetStateStatus.ACCEPT:
        raise Conflict(f"The {what} cannot be retried now.")
