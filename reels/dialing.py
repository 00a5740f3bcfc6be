"""Connections to hosts that users name: to the addresses that were checked, and to no other.

A library that is given a name resolves it itself, perhaps to something else than a check
before has seen. Here a name is resolved once, all of its addresses are looked at, and one of
those very addresses is connected to; TLS still proves the name.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Any, Protocol

import certifi
import httpcore

from reels.addresses import Host, is_public
from reels.errors import InvalidInput, TransientFailure
from reels.fetch_errors import PROVIDER

_CONNECT_S = 10.0
#: A server that sends nothing for so long is given up.
_STALL_S = 30.0

#: All addresses of a host, as text, for a port; raises `socket.gaierror`.
Resolver = Callable[[str, int], Sequence[str]]
_SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


def by_system(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def public_authorities() -> ssl.SSLContext:
    """Whom TLS trusts; the environment has no say."""
    return ssl.create_default_context(cafile=certifi.where())


class Network(Protocol):
    """What the doors of this house need to know; see `reels.fetch.Net`."""

    @property
    def allowed(self) -> Collection[Host]: ...
    @property
    def resolve(self) -> Resolver | None: ...
    @property
    def backend(self) -> httpcore.NetworkBackend | None: ...
    @property
    def tls(self) -> ssl.SSLContext | None: ...


def guarded(net: Network, field: str, until_s: float) -> httpcore.ConnectionPool:
    """A pool for one exchange, which must be over at `until_s` (of `time.monotonic`)."""
    dialer = Dialer(
        field=field,
        until_s=until_s,
        allowed=net.allowed,
        resolve=net.resolve or by_system,
        backend=net.backend or httpcore.SyncBackend(),
    )
    return httpcore.ConnectionPool(
        ssl_context=net.tls or public_authorities(), network_backend=dialer, max_connections=1
    )


class Dialer(httpcore.NetworkBackend):
    """Connects within a deadline (`until_s`, of `time.monotonic`), if all is public.

    `allowed` are hosts that may be anywhere. `backend` makes the connections.
    """

    def __init__(
        self,
        *,
        field: str,
        until_s: float,
        allowed: Collection[Host],
        resolve: Resolver,
        backend: httpcore.NetworkBackend,
    ) -> None:
        self._field = field
        self._until_s = until_s
        self._allowed = allowed
        self._resolve = resolve
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore.

        Raises:
            InvalidInput: there is no such host, or not all of its addresses are public.
            TransientFailure: nobody knows the host just now.
        """
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._checked(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, min(_CONNECT_S, self._left_s()), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream, self._left_s)
        raise failure or httpcore.ConnectError(f"{host} has no address.")

    def connect_unix_socket(self, *_args: Any, **_more: Any) -> httpcore.NetworkStream:
        """See httpcore. Raises InvalidInput, always."""
        raise InvalidInput(self._field, "A socket of this machine is no web server.")

    def _checked(self, host: str, port: int) -> list[str]:
        addresses = self._resolved(host, port)
        if Host(host, port) not in self._allowed and not all(map(_is_open, addresses)):
            raise InvalidInput(
                self._field,
                f"The host {host!r} is refused: it leads to an address that is not public.",
                remedy="Give the http or https address of a file on a public web server.",
            )
        return addresses

    def _resolved(self, host: str, port: int) -> list[str]:
        """The system's resolver knows no time limit, so it is asked in a thread."""
        answer: queue.Queue[list[str] | BaseException] = queue.Queue()

        def ask() -> None:
            try:
                answer.put(list(self._resolve(host, port)))
            except BaseException as error:
                answer.put(error)

        threading.Thread(target=ask, daemon=True, name="resolve").start()
        try:
            found = answer.get(timeout=self._left_s())
        except queue.Empty:
            raise TransientFailure(PROVIDER, f"The host {host!r} is not resolved.") from None
        if isinstance(found, socket.gaierror) and found.errno == socket.EAI_AGAIN:
            raise TransientFailure(PROVIDER, f"The host {host!r} is not resolved just now.")
        if isinstance(found, OSError | UnicodeError) or found == []:
            raise InvalidInput(self._field, f"There is no host {host!r}.")
        if isinstance(found, BaseException):
            raise found
        return found

    def _left_s(self) -> float:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout("It takes too long.")
        return left_s


class _Bounded(httpcore.NetworkStream):
    """A stream whose every step ends in time. httpcore's own limits start anew with each."""

    def __init__(self, stream: httpcore.NetworkStream, left_s: Callable[[], float]) -> None:
        self._stream = stream
        self._left_s = left_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, min(_STALL_S, self._left_s()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, min(_STALL_S, self._left_s()))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        limit_s = min(_CONNECT_S, self._left_s())
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, limit_s), self._left_s)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _is_open(address: str) -> bool:
    try:
        return is_public(ip_address(address))
    except ValueError:
        return False
