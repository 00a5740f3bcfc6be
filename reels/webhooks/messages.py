"""What receivers are told, as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import UUID, uuid5

from reels.sinks.base import StatusChange
from reels.stages import short_status

#: One for each status that a job can have.
EventKind = Literal[
    "video.queued",
    "video.drafting",
    "video.draft_review",
    "video.assets",
    "video.audio",
    "video.subtitles",
    "video.subtitles_review",
    "video.rendering",
    "video.ready",
    "video.failed",
    "video.cancelling",
    "video.cancelled",
]
TEST = "webhook.test"


def kind_of(change: StatusChange) -> EventKind:
    return cast(EventKind, f"video.{change.status}")


def message_id(change: StatusChange, endpoint: str) -> str:
    """The same for every attempt to tell `endpoint` of `change`, and for nothing else."""
    return f"msg_{uuid5(change.id, endpoint)}"


def told(change: StatusChange, kind: str) -> bytes:
    """A change of a job, as a message of the type `kind`."""
    data = change.model_dump(mode="json", exclude={"id"})
    return _message(kind, data["changed_at"], {**data, "short_status": short_status(change.status)})


def trial(webhook_id: UUID) -> bytes:
    """A message that tells of nothing, to see whether a receiver takes it."""
    return _message(TEST, datetime.now(UTC).isoformat(), {"webhook_id": str(webhook_id)})


def _message(kind: str, timestamp: str, data: dict[str, Any]) -> bytes:
    message = {"type": kind, "timestamp": timestamp, "data": data}
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode()
