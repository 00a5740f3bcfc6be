"""A small web for the tests of downloads: servers on loopback under public names.

A `FakeNet` resolves names as it is told, and connects the public addresses that it knows to
servers of the test; every attempt is kept, and an attempt at any other address fails.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore

from reels.addresses import Host
from reels.fetch import Net

#: A public address, which no test ever reaches.
PUBLIC = "93.184.216.34"
#: What a server does with a request; it writes the whole answer.
Handler = Callable[[BaseHTTPRequestHandler], None]


def answering(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def redirecting(to: str) -> Handler:
    return answering(b"", 302, {"Location": to})


@dataclass
class Web:
    """A server on loopback; `asked` are the requests: host and path."""

    port: int
    pages: dict[str, Handler]
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving(
    pages: dict[str, Handler] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[Web]:
    """A server of `pages`, which may be changed while it runs."""
    web = Web(0, pages or {})

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.headers["Host"], self.path))
            handler = web.pages.get(self.path.partition("?")[0], answering(b"", 404))
            try:
                handler(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class FakeNet(httpcore.NetworkBackend):
    """`names` resolve to the addresses, in turn if there are several answers; others as ever.

    `routes` says on which port of loopback an address and port really is.
    """

    names: dict[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    routes: dict[tuple[str, int], int] = field(default_factory=dict)
    tried: list[tuple[str, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> Sequence[str]:
        if host not in self.names:
            return [_as_a_system_reads(host)]
        answers = self.names[host]
        turn = self.asked.count(host)
        self.asked.append(host)
        return answers[min(turn, len(answers) - 1)]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.tried.append((host, port))
        real = self.routes.get((host, port))
        if real is None:
            raise httpcore.ConnectError(f"no route to {host}")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", real, timeout)

    def net(self, *allowed: Host, **more: Any) -> Net:
        return Net(frozenset(allowed), resolve=self.resolve, backend=self, **more)


def _as_a_system_reads(host: str) -> str:
    """What resolvers make of numbers in any spelling, and of this machine's own names."""
    if host.startswith("localhost"):
        return "127.0.0.1"
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        raise socket.gaierror(socket.EAI_NONAME, "unknown") from None


def public_net(web: Web, *names: str) -> FakeNet:
    """A net in which `names` (or `media.test.example`) lead to the server, on port 80."""
    known = names or ("media.test.example",)
    return FakeNet({name: [[PUBLIC]] for name in known}, {(PUBLIC, 80): web.port})
