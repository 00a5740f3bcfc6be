"""Jobs' changes as they come: WebSockets. OpenAPI does not know these; README does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Final
from uuid import UUID

from fastapi import WebSocket, WebSocketDisconnect

from api.doors.door import Router
from api.identity import Caller, caller_of, is_still, subprotocol_of
from api.identity.rights import require_sight
from api.live.allowed import while_allowed
from api.live.streams import QUIET_S, Messages, tell_socket
from api.problems import refusal
from api.routes.events import state_of
from api.services import Services
from api.views.jobs import summary_text
from reels.errors import ReelsError
from reels.observing.about import about

router = Router()

#: All is told; the server goes away, and another will take over; the proof has lost its worth.
_TOLD: Final = 1000
_AWAY: Final = 1012
_REFUSED: Final = 1008
_MOST_ID_CHARS: Final = 64


@router.websocket("/videos/{video_id:uuid}/ws")
async def follow_video(socket: WebSocket, video_id: UUID, last_event_id: str = "") -> None:
    """As `GET /videos/{id}/events`, each event as a JSON text: `id`, `event` and `data`.

    It is closed with 1000 when the job has ended, with 1012 when the service is restarted, and
    with 1008 when the key or token that it was opened with is over. Who may not see the job is
    refused before, with the status of HTTP.
    """
    async with _refusing(socket):
        services: Services = socket.app.state.services
        asker = await _asker_of(socket)
        past = await services.live.past(video_id)
        require_sight(asker, past.job.user, f"video {video_id}")
        messages = services.live.messages(
            video_id, past, partial(summary_text, services), state_of(last_event_id), QUIET_S
        )
        await _serve(socket, services, asker, messages)


@router.websocket("/ws")
async def follow_all(socket: WebSocket, last_event_id: str = "") -> None:
    """As `GET /events`: all your jobs, without an end."""
    async with _refusing(socket):
        services: Services = socket.app.state.services
        asker = await _asker_of(socket)
        after = last_event_id[:_MOST_ID_CHARS]
        say = partial(summary_text, services)
        messages = services.live.all_messages(asker.user, say, after, QUIET_S)
        await _serve(socket, services, asker, messages)


async def _asker_of(socket: WebSocket) -> Caller:
    """Who asks; the lines of the log name the user from then on."""
    asker = await caller_of(socket)
    about().user = asker.user
    return asker


async def _serve(socket: WebSocket, services: Services, asker: Caller, messages: Messages) -> None:
    place: AbstractContextManager[None] = services.places.take(asker.user)
    with place:
        await socket.accept(subprotocol_of(socket))
        may_listen = partial(is_still, socket, asker)
        if await tell_socket(socket, while_allowed(messages, may_listen)):
            code = _AWAY if services.live.is_closing else _TOLD
            # The client, or the server that is being stopped, may have been faster.
            with suppress(WebSocketDisconnect):
                await socket.close(code if await may_listen() else _REFUSED)


@asynccontextmanager
async def _refusing(socket: WebSocket) -> AsyncIterator[None]:
    """Answers an error as the routes do, as long as the socket has not been accepted."""
    try:
        yield
    except ReelsError as error:
        await socket.send_denial_response(await refusal(socket, error))
