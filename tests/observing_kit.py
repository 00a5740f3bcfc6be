"""Servers on loopback that take what is told to Sentry and to a collector of traces."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Received:
    """All that has come, by path, with bodies unpacked."""

    url: str = ""
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    carried: str = ""

    @property
    def dsn(self) -> str:
        return self.url.replace("http://", "http://publickey@") + "/7"

    @property
    def everything(self) -> bytes:
        with self.came:
            return b"\n".join(body for _, body in self.requests)

    def events(self) -> list[dict[str, Any]]:
        """Sentry's events, of the envelopes that have come."""
        found: list[dict[str, Any]] = []
        for body in self._at("/api/7/envelope/"):
            lines = body.split(b"\n")
            for header, content in zip(lines[1::2], lines[2::2], strict=False):
                if json.loads(header).get("type") == "event":
                    found.append(json.loads(content))
        return found

    def spans(self) -> list[tuple[str, Span]]:
        """Each span that has come, with the name of the process that it is of."""
        found: list[tuple[str, Span]] = []
        for body in self._at("/v1/traces"):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = next(
                    each.value.string_value
                    for each in resource.resource.attributes
                    if each.key == "service.name"
                )
                found += [(service, each) for s in resource.scope_spans for each in s.spans]
        return found

    def wait(self, condition: Any, timeout_s: float = 20) -> Any:
        """What `condition` gives, once that is something."""
        with self.came:
            assert self.came.wait_for(lambda: bool(condition()), timeout_s), "nothing came"
            return condition()

    def _at(self, path: str) -> list[bytes]:
        with self.came:
            return [body for at, body in self.requests if at == path]


@contextmanager
def receiving() -> Iterator[Received]:
    """A server that says yes to everything, and what it has been told."""
    received = Received(came=threading.Condition(threading.RLock()))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            with received.came:
                received.requests.append((self.path, body))
                received.came.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
