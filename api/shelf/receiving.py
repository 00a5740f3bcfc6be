"""A body of any length on its way to a local store, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol, runtime_checkable

import anyio
from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.problems import answer_to
from api.services import in_thread
from reels.errors import ReelsError
from reels.grants import Grant
from reels.models import ArtifactRef

#: So much is held of each upload; small pieces are written together.
_CHUNK_BYTES = 1 << 20
#: A sender that is silent for so long has gone.
IDLE_S = 60.0
LINGER_S = 2.0


class Incoming(Protocol):
    """Content on its way: see the store's `receive`."""

    def write(self, chunk: bytes | bytearray) -> None:
        """Raises InvalidInput: too much has come; StoreUnavailable."""
        ...

    def keep(self) -> ArtifactRef:
        """Raises InvalidInput: it is not what was announced; StoreUnavailable."""
        ...

    def drop(self) -> None:
        """Leave nothing behind; what was kept stays."""
        ...


@runtime_checkable
class LocalUploads(Protocol):
    """A store that takes uploads by links that it signs itself."""

    def grant(self, token: str, now: float) -> Grant:
        """What the token of a link allows at `now`, in Unix seconds. Raises LinkRefused."""
        ...

    def receive(self, grant: Grant) -> Incoming:
        """Begin to take it. Raises StoreUnavailable: there is no room."""
        ...


async def receive(
    request: Request, body: AsyncIterator[bytes], store: LocalUploads, grant: Grant
) -> ArtifactRef:
    """Store the request's `body`; whatever happens on the way, no part of it is left.

    Raises:
        HTTPException: 413, it is announced as longer than was agreed; 408, nothing comes.
        InvalidInput: it is not what was announced.
        StoreUnavailable: there is no room for it.
        ClientDisconnect: the sender has gone.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > grant.size_bytes:
        raise HTTPException(413)
    incoming = await in_thread(store.receive, grant)
    try:
        await _pour(body, incoming)
        return await in_thread(incoming.keep)
    finally:
        incoming.drop()


async def hang_up(
    request: Request, body: AsyncIterator[bytes], error: ReelsError | HTTPException
) -> Response:
    """Answer a refusal, and close the connection: what is still being sent is read no more.

    Who stops soon has the answer; who is cut off while sending may not see it.
    """
    with anyio.move_on_after(LINGER_S), suppress(ClientDisconnect):
        async for _ in body:
            pass
    answer = await answer_to(request, error)
    answer.headers["Connection"] = "close"
    return answer


async def _pour(body: AsyncIterator[bytes], incoming: Incoming) -> None:
    held = bytearray()
    while True:
        try:
            with anyio.fail_after(IDLE_S):
                chunk = await anext(body, None)
        except TimeoutError:
            raise HTTPException(408, "Nothing more has come of the file.") from None
        if chunk is None:
            break
        held += chunk
        if len(held) >= _CHUNK_BYTES:
            await in_thread(incoming.write, bytes(held))
            held.clear()
    await in_thread(incoming.write, bytes(held))
