"""A job's changes as they come: server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from api.identity import Asker, Caller
from api.live import Change, Live
from api.problems import responses
from api.services import Deps, Services
from api.view import summary_view

router = APIRouter(tags=["videos"])

#: Proxies close what is silent for a minute.
QUIET_S = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


@router.get(
    "/videos/{video_id:uuid}/events",
    response_class=StreamingResponse,
    responses={
        **responses(401, 404),
        200: {"description": "one `status` event per change; `data` is the job in short"}
        | {"content": _STREAM},
        204: {"description": "the job has ended, and its last event was received"},
    },
)
async def follow_video(
    video_id: UUID,
    asker: Asker,
    services: Deps,
    last_event_id: Annotated[
        str, Header(alias="Last-Event-ID", max_length=64, description="events after this one")
    ] = "",
) -> Response:
    """Every change of a job from its start, or after the last one received, until it ends.

    An event's `id` goes into `Last-Event-ID` when the connection is lost, as browsers do.
    """
    known = await services.gateway.changes(asker, video_id)
    after = _state(last_event_id)
    if known and known[-1].id == after and known[-1].job.has_ended:
        return Response(status_code=204)
    events = _events(services, asker, video_id, after)
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


async def _events(
    services: Services, asker: Caller, video_id: UUID, after: UUID | None
) -> AsyncIterator[str]:
    live: Live = services.live

    async def read() -> tuple[Change, ...]:
        return await services.gateway.changes(asker, video_id)

    async for change in live.changes(video_id, read, after, QUIET_S):
        if change is None:
            yield ": still here\n\n"
        else:
            told = summary_view(services, change.job).model_dump_json()
            yield f"id: {change.id}\nevent: status\ndata: {told}\n\n"


def _state(last_event_id: str) -> UUID | None:
    try:
        return UUID(last_event_id)
    except ValueError:
        return None
