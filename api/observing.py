"""Every request is given an id, counted, timed, traced and logged, its answer whatever it is.

Plain ASGI around everything else, the handler of errors that nobody caught among it, so that
streams pass untouched. Paths are told by their route's template, never as they were sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import IN_FLIGHT, REQUEST_SECONDS, REQUESTS
from reels.observing import tracing
from reels.observing.about import About, answering, request_id
from reels.observing.lines import CLEAN
from reels.observing.tracing import Span

log = logging.getLogger("api.access")

REQUEST_ID_HEADER: Final = "X-Request-ID"
UNKNOWN: Final = "unknown"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
#: Asked for by machines every few seconds; their lines are there at level DEBUG.
_QUIET: Final = frozenset({"/health", "/metrics"})
#: Parameters of paths that are a job's id.
_JOB: Final = ("video_id", "job_id")
_ID: Final = b"x-request-id"


def observe(build: Callable[[], ASGIApp]) -> ASGIApp:
    """What `build` makes, observed. In place of Starlette's `build_middleware_stack`."""
    return Observed(build())


class Observed:
    """The app, observed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        request = About(request=request_id(given.get(_ID, b"").decode("latin-1")))
        seen = _Seen(scope, request, send)
        with answering(request), IN_FLIGHT.track_inprogress():
            try:
                if not tracing.is_on():
                    await self._app(scope, receive, seen.send)
                    return
                parent = given.get(b"traceparent", b"").decode("latin-1")
                with tracing.span("request", "server", parent) as span:
                    try:
                        await self._app(scope, receive, seen.send)
                    finally:
                        seen.trace(span)
            finally:
                seen.tell()


class _Seen:
    """One request and what becomes of it."""

    def __init__(self, scope: Scope, request: About, send: Send) -> None:
        self._scope = scope
        self._request = request
        self._send = send
        self._began = time.perf_counter()
        self._first_byte: float | None = None
        self._status = 0
        self._is_stream = scope["type"] == "websocket"

    async def send(self, message: Message) -> None:
        """Pass on what is sent, with the request's id."""
        if message["type"] in _STARTS:
            self._first_byte = time.perf_counter()
            self._status = message.get("status", 101)
            headers = list(message.get("headers", ()))
            self._is_stream |= any(
                name.lower() == b"content-type" and value.startswith(b"text/event-stream")
                for name, value in headers
            )
            headers.append((_ID, self._request.request.encode("latin-1")))
            message = {**message, "headers": headers}
        elif message["type"] == "websocket.close" and not self._status:
            self._status = 403
        await self._send(message)

    @property
    def method(self) -> str:
        if self._scope["type"] == "websocket":
            return "WEBSOCKET"
        method: str = self._scope["method"]
        return method if method in _METHODS else "other"

    @property
    def route(self) -> str:
        """The template of the path, as it is in the code less the kinds of its parameters."""
        found = self._scope.get("route")
        template = getattr(found, "path_format", None) or getattr(found, "path", None)
        if isinstance(template, str) and template:
            return template
        # A route of Starlette's own, such as that of the documentation.
        is_fixed = "endpoint" in self._scope and not self._scope.get("path_params")
        return str(self._scope["path"]) if is_fixed else UNKNOWN

    def tell(self) -> None:
        """Count it and write its line."""
        now = time.perf_counter()
        took_s = now - self._began
        method, route = self.method, self.route
        kind = f"{self._status // 100}xx" if self._status else "none"
        requests, seconds = _counted(method, route, kind)
        requests.inc()
        until = self._first_byte if self._is_stream and self._first_byte else now
        seconds.observe(until - self._began)
        level = logging.DEBUG if route in _QUIET else logging.INFO
        if self._status >= 500:
            level = logging.WARNING
        if log.isEnabledFor(level):
            self._job()
            _write(level, method, route, self._status, took_s * 1000, self._request)

    def trace(self, span: Span) -> None:
        """Say in its span what it was."""
        self._job()
        span.rename(f"{self.method} {self.route}")
        span.set("http.request.method", self.method)
        span.set("http.route", self.route)
        if self._status:
            span.set("http.response.status_code", self._status)
        for name, value in self._request.fields().items():
            if name in ("job", "request"):
                span.set(f"reelwright.{name}", value)
        if self._status >= 500:
            span.failed(str(self._status))

    def _job(self) -> None:
        parameters = self._scope.get("path_params") or {}
        found = next((parameters[name] for name in _JOB if name in parameters), None)
        if found is not None:
            self._request.job = str(found)


_STARTS: Final = frozenset(
    {"http.response.start", "websocket.accept", "websocket.http.response.start"}
)


@cache
def _counted(method: str, route: str, status: str) -> tuple[Any, Any]:
    """The two metrics of requests like this; as many as there are routes."""
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(method, route, status)


def _write(level: int, method: str, route: str, status: int, ms: float, request: About) -> None:
    about = " ".join(f"{name}={value}" for name, value in request.fields().items())
    log.log(
        level,
        "%s %s %d %.1f ms %s",
        *(method, route, status, ms, about),
        extra={
            "method": method,
            "route": route,
            "status": status,
            "ms": round(ms, 2),
            CLEAN: True,
        },
    )
