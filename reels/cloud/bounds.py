"""Bounds on answers that come through httpx: how many bytes, and how long in all.

httpx's own limit starts anew with every piece that arrives, so a server that sends a byte
a minute would hold a call for ever; and it reads whatever it is sent.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import httpx

_CONNECT_S = 15.0


@cache
def _tls() -> ssl.SSLContext:
    """Made once: to read the certificates takes longer than a call needs otherwise."""
    return httpx.create_ssl_context()


class TooLarge(httpx.StreamError):
    """The answer has more bytes than are taken."""


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, until_s: float, limit_bytes: int) -> None:
        self._inner = inner
        self._until_s = until_s
        self._limit_bytes = limit_bytes

    def __iter__(self) -> Iterator[bytes]:
        taken = 0
        for piece in self._inner:
            taken += len(piece)
            if taken > self._limit_bytes:
                raise TooLarge(f"The answer has more than {self._limit_bytes} bytes.")
            if time.monotonic() > self._until_s:
                raise httpx.ReadTimeout("The answer takes too long.")
            yield piece

    def close(self) -> None:
        self._inner.close()


def bounded_client(
    *, limit_s: float, limit_bytes: int, on_reply: Callable[[Mapping[str, str]], None]
) -> httpx.Client:
    """A client whose answers end within `limit_s` and `limit_bytes`.

    `on_reply` gets the headers of every answer before its body is read. Redirects are not
    followed: httpx would take a vendor's own key header along to another host. Answers are
    asked for as they are, so that a small one cannot unpack to a large one.
    """
    started: dict[str, float] = {}

    def begin(request: httpx.Request) -> None:
        started["at"] = time.monotonic()
        timeout = request.extensions.get("timeout", {})
        timeout["connect"] = min(_CONNECT_S, limit_s)

    def bound(response: httpx.Response) -> None:
        on_reply(response.headers)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Stream(response.stream, started["at"] + limit_s, limit_bytes)

    return httpx.Client(
        timeout=limit_s,
        verify=_tls(),
        follow_redirects=False,
        headers={"accept-encoding": "identity"},
        event_hooks={"request": [begin], "response": [bound]},
    )
