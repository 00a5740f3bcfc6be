"""The first answer to a key, kept and given again: as Stripe does it.

What is kept lies in the memory that API processes may share. There a key is first claimed
by the one request that is worked on; the claim is renewed while that goes on, so that a
process that dies holds it for `CLAIM_S` seconds at most.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, Self

from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Message

from api.doors.guards import MAX_BODY_BYTES
from api.memory import Memory
from reels.errors import Conflict, InvalidInput, Unavailable

log = logging.getLogger("api")

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
LIFE_S = 24 * 3600.0
CLAIM_S = 30.0
#: A larger answer is not kept.
MOST_BYTES = 1_000_000
_CLAIMED, _KEPT = b"?", b"="

Work = Callable[[Request], Awaitable[Response]]


def name_of(user: str, route: str, key: str, role: str = "user") -> str:
    """Where the answer to a user's key on a route lies; `route` is the path's template.

    What somebody was answered in a role is not told again to who has lost it.
    """
    owned = "\n".join((user, role, route, key))
    return f"answers:{hashlib.sha256(owned.encode()).hexdigest()}"


class Fingerprint:
    """What a request asks for, by its path, query and body, which is digested as it is read."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._digest = hashlib.sha256()
        for part in (request.method, request.url.path, request.url.query):
            self._digest.update(f"{part}\n".encode())
        self.request = Request(request.scope, self._digesting)

    async def read(self, most: int) -> None:
        """Read the body, which nobody else does, and keep nothing of it.

        Raises:
            HTTPException: 413, it is longer than `most` bytes.
        """
        announced = self.request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > most:
            raise HTTPException(413)
        length = 0
        async for chunk in self.request.stream():
            length += len(chunk)
            if length > most:
                raise HTTPException(413)

    def hex(self) -> str:
        return self._digest.hexdigest()

    async def _digesting(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._digest.update(message.get("body", b""))
        return message


class Kept(NamedTuple):
    """An answer, and the fingerprint of the request that it was given to."""

    fingerprint: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def of(cls, fingerprint: str, response: Response) -> Self:
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.raw_headers
        ]
        return cls(fingerprint, response.status_code, headers, bytes(response.body))

    @classmethod
    def of_bytes(cls, raw: bytes) -> Self:
        head, _, body = raw.removeprefix(_KEPT).partition(b"\n")
        fingerprint, status, headers = json.loads(head)
        return cls(fingerprint, status, [(name, value) for name, value in headers], body)

    def to_bytes(self) -> bytes:
        head = json.dumps([self.fingerprint, self.status, self.headers])
        return _KEPT + head.encode() + b"\n" + self.body

    def response(self) -> Response:
        response = Response(self.body, self.status)
        response.raw_headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers
        ]
        response.headers[REPLAYED_HEADER] = "true"
        return response


class Replays:
    """One per app."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        #: What this process works on: its own memory may forget claims when it is full.
        self._working: set[str] = set()

    async def once(
        self, name: str, request: Request, body_limit: int | None, work: Work
    ) -> Response:
        """The answer of `work` to the request, or the one that the first of its `name_of` had.

        Only an answer that something was done is kept: whatever was refused or failed is
        done anew when it is asked for again. `body_limit` is how many bytes of a body
        `work` reads, or None when it reads none.

        Raises:
            Conflict: the first one is being worked on.
            InvalidInput: naming the header: the first one asked for something else.
            Unavailable: the memory does not answer, so that nobody knows what was done.
        """
        held = await self._memory.get(name)
        if held is None:
            if name in self._working:
                raise _in_flight()
            self._working.add(name)
            try:
                claim = _CLAIMED + uuid.uuid4().bytes
                if await self._memory.put(name, claim, CLAIM_S, only_if_absent=True):
                    return await self._first(name, claim, request, body_limit, work)
            finally:
                self._working.discard(name)
            held = await self._memory.get(name)
        if held is None or held.startswith(_CLAIMED):
            raise _in_flight()
        return await _again(Kept.of_bytes(held), request, body_limit)

    async def _first(
        self, name: str, claim: bytes, request: Request, body_limit: int | None, work: Work
    ) -> Response:
        asked = Fingerprint(request)
        try:
            if body_limit is None:
                await asked.read(MAX_BODY_BYTES)
            async with self._renewed(name, claim):
                response = await work(asked.request)
        except Exception:
            await self._drop(name)
            raise
        await self._keep(name, asked.hex(), response)
        return response

    async def _keep(self, name: str, fingerprint: str, response: Response) -> None:
        body = getattr(response, "body", None)
        if body is None or len(body) > MOST_BYTES or response.status_code >= 400:
            await self._drop(name)
            return
        try:
            await self._memory.put(name, Kept.of(fingerprint, response).to_bytes(), LIFE_S)
        except Unavailable as error:
            log.warning("An answer is not kept for its key. %s", error.message)

    async def _drop(self, name: str) -> None:
        # Without the memory the claim ends by itself.
        with suppress(Unavailable):
            await self._memory.drop(name)

    @asynccontextmanager
    async def _renewed(self, name: str, claim: bytes) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(name, claim))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, name: str, claim: bytes) -> None:
        while True:
            await asyncio.sleep(CLAIM_S / 3)
            with suppress(Unavailable):
                if await self._memory.get(name) in (claim, None):
                    await self._memory.put(name, claim, CLAIM_S)


async def _again(kept: Kept, request: Request, body_limit: int | None) -> Response:
    asked = Fingerprint(request)
    await asked.read(MAX_BODY_BYTES if body_limit is None else body_limit)
    if asked.hex() != kept.fingerprint:
        raise InvalidInput(
            KEY_HEADER,
            "This key was used before, for another request.",
            remedy="Use a new key for a new request.",
        )
    return kept.response()


def _in_flight() -> Conflict:
    return Conflict(
        f"The first request with this {KEY_HEADER} is still being worked on.",
        remedy="Send it again in a moment, to get its answer.",
    )
