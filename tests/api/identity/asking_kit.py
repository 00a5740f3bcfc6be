"""Connections as servers hand them on, and the real ways of knowing who asks."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from starlette.requests import HTTPConnection

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def connection(headers: Headers = (), **scope: Any) -> HTTPConnection:
    """A request with these headers; `type="websocket"` makes it another."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]
    return HTTPConnection({"type": "http", "method": "GET", "path": "/", "headers": raw, **scope})


def bearer(token: str) -> HTTPConnection:
    return connection({"Authorization": f"Bearer {token}"})


def unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class KeyServer:
    """Serves `answer` with `status` on loopback, and counts how often it is asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.answer = b"{}"
        self.asked = 0

    def hold(self, *keys: Mapping[str, Any]) -> None:
        """Serve a set of these keys."""
        self.answer = json.dumps({"keys": keys}).encode()


@contextmanager
def key_server() -> Iterator[KeyServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.answer)))
            if state.status in (301, 302):
                self.send_header("Location", f"{state.url}/elsewhere")
            self.end_headers()
            self.wfile.write(state.answer)

        def log_message(self, *_words: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = KeyServer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
