"""Messages on their way out, over both kinds of connection: bounded, and ended when it is due.

Nothing is queued for a client: the next message is made when it has taken the last one.
Who takes none for `SEND_S` is let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, aclosing, suppress
from typing import Any, Final, Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.live.messages import Message
from reels.errors import NotFound

#: Proxies close what is silent for a minute.
QUIET_S: Final = 15.0
#: How long a client may take nothing.
SEND_S: Final = 30.0
#: When a browser is to come back after its stream has ended.
_RETRY: Final = b"retry: 2000\n\n"
_STILL_HERE: Final = b": still here\n\n"
_CLOSED = (OSError, RuntimeError, WebSocketDisconnect)

Messages = AsyncIterator[Message | None]
#: How a stream has ended: all is told, or the client is gone or too slow.
_End = Literal["told", "gone"]


class EventStream(Response):
    """Server-sent events. It holds its `place` while it is sent."""

    media_type = "text/event-stream"

    def __init__(self, messages: Messages, place: AbstractContextManager[None]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._messages = messages
        self._place = place

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        async def chunk(content: bytes, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": content, "more_body": more})

        async def tell(message: Message | None) -> None:
            await chunk(_STILL_HERE if message is None else message.as_event)

        with self._place:
            headers = self.raw_headers
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await chunk(_RETRY)
            if await _tell_all(self._messages, tell, _until_gone(receive)) == "told":
                await chunk(b"", more=False)


async def tell_socket(socket: WebSocket, messages: Messages) -> bool:
    """Send all messages as texts over an accepted socket; what comes in is dropped.

    Returns whether all was told, and the client is still there to hear so.
    """

    async def tell(message: Message | None) -> None:
        # The server's own pings tell whether the client is there.
        if message is not None:
            await socket.send_text(message.as_text)

    return await _tell_all(messages, tell, _until_gone(socket.receive)) == "told"


async def _tell_all(messages: Messages, tell: Any, gone: Any) -> _End:
    async def send_all() -> _End:
        # A job that has been deleted in Prefect has no more to tell.
        with suppress(NotFound):
            async with aclosing(messages) as each:  # type: ignore[type-var]
                async for message in each:
                    async with asyncio.timeout(SEND_S):
                        await tell(message)
        return "told"

    sending, leaving = asyncio.create_task(send_all()), asyncio.create_task(gone)
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            return "gone"
        return sending.result()
    except (TimeoutError, *_CLOSED):
        return "gone"
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _until_gone(receive: Receive) -> None:
    with suppress(*_CLOSED):
        while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
            pass
