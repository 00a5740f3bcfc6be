"""Texts as clients want them: packed or plain, or not again when they have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from fastapi import Request, Response

_NEVER: Final = ("q=0", "q=0.0", "q=0.00", "q=0.000")


class Packed(Protocol):
    """A text in both forms; the weak `etag` is that of both."""

    @property
    def body(self) -> bytes: ...

    @property
    def packed(self) -> bytes: ...

    @property
    def etag(self) -> str: ...


def sent(request: Request, text: Packed, media_type: str, headers: Mapping[str, str]) -> Response:
    """The answer to a GET or a HEAD."""
    named = {**headers, "ETag": text.etag, "Vary": "Accept-Encoding"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if text.etag in known or "*" in known:
        return Response(status_code=304, headers=named)
    body = text.body
    if takes_gzip(request.headers.get("accept-encoding", "")):
        named["Content-Encoding"], body = "gzip", text.packed
    if request.method == "HEAD":
        named["Content-Length"], body = str(len(body)), b""
    return Response(body, media_type=media_type, headers=named)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client says that it reads gzip (RFC 9110, 12.5.3)."""
    for each in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        if name in ("gzip", "*"):
            return not any(part.replace(" ", "") in _NEVER for part in parameters)
    return False
