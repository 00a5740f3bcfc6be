"""What receivers are told, as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from uuid import UUID, uuid4, uuid5

from reels.stages import short_status

if TYPE_CHECKING:
    # Sinks make their messages here.
    from reels.sinks.base import StatusChange

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


class Message(NamedTuple):
    """`id` is the same for every attempt to bring the message to one receiver."""

    id: str
    body: bytes


def kind_of(change: StatusChange) -> EventKind:
    return cast(EventKind, f"video.{change.status}")


def message_to(endpoint: str, change: StatusChange) -> Message:
    """The message by which `endpoint` is told of `change`."""
    return Message(f"msg_{uuid5(change.id, endpoint)}", told(change, kind_of(change)))


def told(change: StatusChange, kind: str) -> bytes:
    """A change of a job, as a message of the type `kind`."""
    data = change.model_dump(mode="json", exclude={"id"})
    return _message(kind, data["changed_at"], {**data, "short_status": short_status(change.status)})


def trial(webhook_id: UUID) -> Message:
    """A message that tells of nothing, to see whether a receiver takes it."""
    body = _message(TEST, datetime.now(UTC).isoformat(), {"webhook_id": str(webhook_id)})
    return Message(f"msg_{uuid4()}", body)


def _message(kind: str, timestamp: str, data: dict[str, Any]) -> bytes:
    message = {"type": kind, "timestamp": timestamp, "data": data}
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode()
