"""How a route of a fake service answers: planned faults first, then its own work, counted."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

from deployments.fake_cloud.state import Call, Fault, State, now_s

#: How long a hanging call is held; every client is to give up before.
_HANG_S = 600.0


class Answer:
    """A good answer and what the service charges for it."""

    def __init__(
        self,
        content: Any,
        *,
        model: str = "",
        units: Mapping[str, float] | None = None,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> None:
        self.content = content
        self.model = model
        self.units = dict(units or {})
        self.media_type = media_type
        self.headers = dict(headers or {})
        self.status = status

    def response(self) -> Response:
        if self.media_type == "application/json":
            return JSONResponse(self.content, self.status, headers=self.headers)
        return Response(self.content, self.status, headers=self.headers, media_type=self.media_type)


async def serve(
    state: State,
    request: Request,
    service: str,
    operation: str,
    work: Callable[[], Awaitable[Answer]],
    *,
    key: str = "",
) -> Response:
    """Answer one call: with a planned fault, or with what `work` makes."""
    started = now_s()
    body = await request.body()
    asked = hashlib.sha256(body).hexdigest()[:16]
    if state.on_call is not None:
        state.on_call(service, operation, body)
    with state.running(service) as concurrent:
        fault = state.next_fault(service, operation)
        if fault is not None:
            call = Call(
                service=service, operation=operation, status=fault.status, at_s=started,
                concurrent=concurrent, key=key, asked=asked,
            )  # fmt: skip
            state.note(call)
            return await _wrong(fault, request)
        await asyncio.sleep(state.delays_s.get(service, 0.0))
        answer = await work()
        call = Call(
            service=service, operation=operation, model=answer.model, status=answer.status,
            units=answer.units, at_s=started, took_s=now_s() - started, concurrent=concurrent,
            key=key, asked=asked,
        )  # fmt: skip
        state.note(call)
        return answer.response()


async def _wrong(fault: Fault, request: Request) -> Response:
    if fault.kind == "hang":
        await _until_gone(request)
    if fault.kind == "reset":
        headers = {"content-length": "1000000", **fault.headers}
        return StreamingResponse(_broken(), 200, headers, media_type="application/json")
    if isinstance(fault.body, str):
        kind = fault.headers.get("content-type", "text/html")
        return PlainTextResponse(fault.body, fault.status, fault.headers, media_type=kind)
    return JSONResponse(fault.body, fault.status, headers=fault.headers)


async def _until_gone(request: Request) -> None:
    waited = 0.0
    while waited < _HANG_S and not await request.is_disconnected():
        await asyncio.sleep(0.05)
        waited += 0.05


async def _broken() -> AsyncIterator[bytes]:
    yield b'{"candidates": ['
    # The server closes a connection whose answer is shorter than promised.
