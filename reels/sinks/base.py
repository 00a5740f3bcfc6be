"""What a status sink is: somewhere outside where each change of a job is told."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from pydantic import Field

from reels.models import Model
from reels.stages import Status


class StatusChange(Model):
    """A job has another status from `changed_at` on.

    `id` is that of the Prefect state that made the change: the same change always has the
    same. `video_url` is there when the job is `ready`, `error_message` when it `failed` or was
    `cancelled`.
    """

    id: UUID
    job_id: UUID
    user_id: str
    status: Status
    video_url: str | None = None
    error_message: str | None = None
    webhook_url: str | None = Field(default=None, exclude=True, repr=False)
    created_at: datetime
    changed_at: datetime


@runtime_checkable
class StatusSink(Protocol):
    """Takes changes, of one job in the order of their time.

    After a crash or a lost answer a change comes again, and older ones may come again after
    newer ones. A sink MUST tell each by its id or refuse it by its time, so that this does no
    harm. One sink is only ever called by one thread at a time.
    """

    @property
    def name(self) -> str:
        """Names the sink in logs and in the notes on what has been written."""
        ...

    def write(self, change: StatusChange) -> None:
        """Tell the change; it may block for some seconds.

        Neither message nor remedy of an error may hold a secret.

        Raises:
            TransientFailure, RateLimited: it may pass, and is tried again.
            ReelsError: this change will never be taken.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
