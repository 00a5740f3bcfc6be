"""How a job ends that does not end well: in plain words, in the run's state."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Failed
from pydantic import ValidationError

from flows.approvals import plainly
from reels.errors import JobEnded, ReelsError
from reels.observing import mishaps


def ended(error: Exception) -> State[Any]:
    """The final state for `error`: Cancelled when a person ended the job, else Failed.

    The state's message says what happened and what to do; the log has the traceback.
    """
    if isinstance(error, JobEnded):
        return Cancelled(message=str(error))
    get_run_logger().error("The job failed.", exc_info=error)
    mishaps.report(error)
    return Failed(message=_message(error))


def _message(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return f"The request cannot be used. {plainly(error)}"
    if isinstance(error, ReelsError):
        return str(error)
    return f"{type(error).__name__}: {error} Retry the job; what was done is kept."
