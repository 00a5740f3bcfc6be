"""Whether a job waits for an answer, and what Prefect says when it is given one.

The words of Prefect are of 3.8.8's server.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from prefect.client.schemas import OrchestrationResult
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import SetStateStatus

from api.jobs.history import REVIEWS, JobRecord
from reels.errors import Conflict, InvalidInput
from reels.models import Gate

_FIELD = re.compile(r"for field '([^']+)'")


class Resumption(Enum):
    """Whether the run goes on, or is to be asked again because its form is not stored yet."""

    ACCEPTED = "accepted"
    NOT_READY = "not ready"


def is_about_to_wait(job: JobRecord, gate: Gate) -> bool:
    """Whether the job has entered the gate's review and has not asked yet."""
    return job.status == REVIEWS[gate] and not job.asked


def require_waiting(job: JobRecord, gate: Gate, number: int | None) -> None:
    """Refuse an answer that the job does not wait for; `number` is None for any review.

    Raises:
        Conflict: it is in another stage, does not wait, or waits in another review.
    """
    stage = REVIEWS[gate]
    if job.status != stage:
        raise Conflict(f"The video does not wait in {stage}; it is in {job.status}.")
    if not job.waits:
        raise Conflict(
            f"The video is in {stage} and does not wait for an answer"
            + ("; one has been given." if job.asked else " yet."),
            remedy="Read the video again; when it still waits, answer again.",
        )
    waits_for = job.review.number if job.review else None
    if number not in (None, waits_for):
        raise Conflict(
            f"The answer is for {gate} {number}, and {gate} {waits_for or '?'} waits now.",
            remedy="Read the video again and decide on what it shows now.",
        )


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


def require_effect(job: JobRecord, gate: Gate) -> None:
    """Refuse an answer that Prefect took, when the job was cancelled in the same moment."""
    if job.state_type in (StateType.CANCELLING, StateType.CANCELLED) and not job.was_rejected:
        raise Conflict(f"The video was cancelled while its {gate} was being decided.")


def require_same_wait(seen: JobRecord, now: JobRecord) -> None:
    """Refuse to cancel a job that waited for an answer and has got it meanwhile.

    Whoever cancels has seen it waiting: of an answer and a cancellation that come at once,
    one counts.
    """
    if seen.waits and (now.review, now.waits) != (seen.review, seen.waits) and not now.has_ended:
        raise Conflict(
            "The review that the video waited in is being answered just now.",
            remedy="Read the video again, and cancel it again if it is to be stopped anyway.",
        )
