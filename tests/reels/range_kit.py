"""A server of one file that knows ranges, and fails as it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.reels.net_kit import Web, serving

_PIECE_BYTES = 1 << 16


@dataclass
class FileServer:
    """What it serves, and how.

    `cuts`: after how many bytes of the body the next answers break off. `announced`: what the
    answers say that the whole file has. `most_bytes`: of a range no more is sent at once.
    `asked` are the ranges, `sent` the bytes of the bodies.
    """

    body: bytes
    etag: str = '"one"'
    modified: str = ""
    has_ranges: bool = True
    heeds_if_range: bool = True
    announced: int | None = None
    most_bytes: int | None = None
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sent: int = 0

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers["Range"] or ""
        self.asked.append(wanted)
        if self.statuses:
            request.send_error(self.statuses.pop(0))
            return
        start = self._start(request, wanted)
        if start is not None and start >= len(self.body):
            self._answer(request, 416, b"", {"Content-Range": f"bytes */{len(self.body)}"})
        elif start is None:
            self._answer(request, 200, self.body, {}, self.announced)
        else:
            rest = self.body[start:][: self.most_bytes]
            span = f"bytes {start}-{start + len(rest) - 1}/{self.announced or len(self.body)}"
            self._answer(request, 206, rest, {"Content-Range": span})

    def _start(self, request: BaseHTTPRequestHandler, wanted: str) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-", wanted)
        if not found or not self.has_ranges:
            return None
        mark = request.headers["If-Range"]
        if self.heeds_if_range and mark not in (None, self.etag, self.modified):
            return None
        return int(found[1])

    def _answer(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        headers: dict[str, str],
        announced: int | None = None,
    ) -> None:
        request.send_response(status)
        marks = {"ETag": self.etag, "Last-Modified": self.modified}
        said = {name: value for name, value in marks.items() if value}
        said["Content-Length"] = str(announced or len(body))
        for name, value in {**said, **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        cut = self.cuts.pop(0) if self.cuts else None
        for at in range(0, len(body[:cut]), _PIECE_BYTES):
            piece = body[:cut][at : at + _PIECE_BYTES]
            request.wfile.write(piece)
            self.sent += len(piece)
        request.close_connection = True


@contextmanager
def file_server(body: bytes, **how: object) -> Iterator[tuple[Web, FileServer]]:
    """The file is `/film`."""
    file = FileServer(body, **how)  # type: ignore[arg-type]
    with serving({"/film": file}) as web:
        yield web, file
