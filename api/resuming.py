"""What Prefect's answer to a resume means. Its words are of 3.8.8's server."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from prefect.client.schemas import OrchestrationResult
from prefect.client.schemas.responses import SetStateStatus

from reels.errors import Conflict, InvalidInput
from reels.models import Gate

_FIELD = re.compile(r"for field '([^']+)'")


class Resumption(Enum):
    """Whether the run goes on, or is to be asked again because its form is not stored yet."""

    ACCEPTED = "accepted"
    NOT_READY = "not ready"


def judge(result: OrchestrationResult[Any], gate: Gate) -> Resumption:
    """Accepted, or not ready yet.

    Raises:
        Conflict: somebody else was faster, or the time to answer is over.
        InvalidInput: the answer breaks the form that the run waits with.
    """
    if result.status == SetStateStatus.ACCEPT:
        return Resumption.ACCEPTED
    reason = getattr(result.details, "reason", None) or "Prefect gave no reason."
    if "schema not found" in reason:
        return Resumption.NOT_READY
    if reason.startswith(("Reason:", "Error hydrating")):
        field = _FIELD.search(reason)
        raise InvalidInput(field[1] if field else "action", reason.removeprefix("Reason:").strip())
    if "timed out" in reason:
        raise Conflict(f"The time to decide on the {gate} is over.")
    raise Conflict(f"The {gate} has been decided already, or the video no longer waits.")
