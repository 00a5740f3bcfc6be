"""Jobs' changes as they come: server-sent events."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse

from api.doors.door import Router
from api.identity import Asker, is_still
from api.identity.rights import require_sight
from api.live.allowed import while_allowed
from api.live.streams import QUIET_S, EventStream
from api.problems import responses
from api.services import Deps
from api.views.jobs import summary_text

router = Router(tags=["videos"])

#: Of each event. OpenAPI 3.1 has no word for a sequence of them.
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["status", "progress", "missed"]},
        "id": {"type": "string", "format": "uuid", "description": "of `status` events"},
        "data": {"type": "string", "description": "JSON"},
    },
    "required": ["event", "data"],
}
_STREAM = {"text/event-stream": {"schema": _EVENT}}

LastEventId = Annotated[
    str, Header(alias="Last-Event-ID", max_length=64, description="events after this one")
]


@router.get(
    "/videos/{video_id:uuid}/events",
    response_class=StreamingResponse,
    responses={
        **responses(401, 404, 429),
        200: {
            "description": "one `status` event per change, whose `data` is the job in short; "
            "`progress` events, without an id, in between",
            "content": _STREAM,
        },
        204: {"description": "the job has ended, and its last event was received"},
    },
)
async def follow_video(
    video_id: UUID,
    request: Request,
    asker: Asker,
    services: Deps,
    last_event_id: LastEventId = "",
) -> Response:
    """Every change of a job from its start, or after the last one received, until it ends.

    An event's `id` goes into `Last-Event-ID` when the connection is lost, as browsers do.
    """
    live = services.live
    past = await live.past(video_id)
    require_sight(asker, past.job.user, f"video {video_id}")
    after = state_of(last_event_id)
    if past.job.has_ended and after is not None and past.changes[-1].id == after:
        return Response(status_code=204)
    say = partial(summary_text, services)
    messages = live.messages(video_id, past, say, after, QUIET_S)
    allowed = while_allowed(messages, partial(is_still, request, asker))
    return EventStream(allowed, services.places.take(asker.user))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        **responses(401, 429),
        200: {
            "description": "`status` and `progress` events of all your jobs, and `missed` when "
            "some may have passed untold",
            "content": _STREAM,
        },
    },
)
async def follow_all(
    request: Request, asker: Asker, services: Deps, last_event_id: LastEventId = ""
) -> Response:
    """What happens to all your jobs from now on, or after the last event received.

    On `missed`, read `GET /videos`: events may have passed. One comes when the last event
    received is not known any more.
    """
    say = partial(summary_text, services)
    messages = services.live.all_messages(asker.user, say, last_event_id, QUIET_S)
    allowed = while_allowed(messages, partial(is_still, request, asker))
    return EventStream(allowed, services.places.take(asker.user))


def state_of(last_event_id: str) -> UUID | None:
    """The state that an event's id is; None when it is none of ours."""
    try:
        return UUID(last_event_id)
    except ValueError:
        return None
