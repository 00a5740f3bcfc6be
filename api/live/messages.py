"""What those who watch jobs are told, in the forms of both kinds of connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Literal

from api.jobs.history import JobRecord

#: Makes the JSON of a job in short.
Say = Callable[[JobRecord], str]


class Message:
    """One event. Only a change of status has an id, by which a client resumes.

    Made once for all who are told of it, and so are its forms.
    """

    def __init__(
        self, event: Literal["status", "progress", "missed"], data: str, id_: str = ""
    ) -> None:
        self.event = event
        self.data = data
        self.id = id_

    @cached_property
    def as_event(self) -> bytes:
        """For server-sent events."""
        head = f"id: {self.id}\n" if self.id else ""
        return f"{head}event: {self.event}\ndata: {self.data}\n\n".encode()

    @cached_property
    def as_text(self) -> str:
        """For a WebSocket: JSON."""
        named = json.dumps(self.id or None)
        return f'{{"id":{named},"event":"{self.event}","data":{self.data}}}'


def of_progress(job: JobRecord, percent: int) -> Message:
    """A running job is so far."""
    data = {"job_id": str(job.id), "status": job.status, "progress": percent}
    return Message("progress", json.dumps(data, separators=(",", ":")))


#: Changes may have come that are told to nobody: what is known should be read anew.
MISSED = Message("missed", "{}")
