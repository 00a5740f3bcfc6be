"""An S3 service's bad days: a proxy between a store and its service that answers wrongly.

Every request goes over a connection of its own, so that a fault hits exactly one.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["busy", "forbidden", "silent", "reset", "truncated", "lost"]
_HEAD_END = b"\r\n\r\n"
_MAX_HEAD_BYTES = 1 << 17
#: Answers that refuse: the first line, the code and the words of S3's own.
_REFUSALS: dict[Kind, tuple[bytes, bytes, bytes]] = {
    "busy": (b"503 Slow Down", b"SlowDown", b"Slower."),
    "forbidden": (b"403 Forbidden", b"AccessDenied", b"Access Denied"),
}


@dataclass
class Wrong:
    """What goes wrong: `busy` answers 503, `forbidden` 403, `silent` nothing at all, `reset` cuts
    the line before anything is done, `truncated` sends half an answer's body, `lost` does it all
    and cuts the line before the answer.

    It hits requests of one of `methods`: the first `each` of the same, `times` in all.
    """

    kind: Kind
    methods: tuple[str, ...] = ("GET", "PUT", "HEAD", "POST", "DELETE")
    each: int = 1_000_000
    times: int = 1_000_000
    done: int = 0
    seen: Counter[bytes] = field(default_factory=Counter)

    def hits(self, request: bytes) -> bool:
        """Whether it hits a request of this first line."""
        if not request.startswith(tuple(f"{each} ".encode() for each in self.methods)):
            return False
        self.seen[request] += 1
        if self.seen[request] > self.each or self.done >= self.times:
            return False
        self.done += 1
        return True


@dataclass
class Proxy:
    """Stands for the service at `upstream_port`. `wrong` is what goes wrong now, if anything."""

    upstream_port: int
    port: int = 0
    wrong: Wrong | None = None
    answered: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, until it ends or goes wrong."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    self.answered += 1
        finally:
            self._tasks.discard(task)
            with suppress(OSError):
                writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await _head(reader)
        method = head.split(b" ", 1)[0].decode("latin-1")
        wrong = self.wrong if self.wrong and self.wrong.hits(head.partition(b"\r")[0]) else None
        if wrong and wrong.kind == "reset":
            return _cut(writer)
        if b"100-continue" in head.lower():
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await _body(reader, head)
        if wrong and wrong.kind in _REFUSALS:
            return await _refuse(writer, *_REFUSALS[wrong.kind])
        if wrong and wrong.kind == "silent":
            # Until the other side has enough of it.
            await reader.read()
            return False
        answer, content = await self._ask(method, head, body)
        if wrong and wrong.kind == "lost":
            return _cut(writer)
        if wrong and wrong.kind == "truncated" and content:
            writer.write(answer + content[: len(content) // 2])
            await writer.drain()
            return False
        writer.write(answer + content)
        await writer.drain()
        return b"connection: close" not in answer.lower()

    async def _ask(self, method: str, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        """The service's answer, as a head that says how long its body is, and that body."""
        lines = [line for line in head.split(b"\r\n")[:-2] if not _is_of_the_line(line)]
        asked = b"\r\n".join([*lines, b"Connection: close", b"", b""])
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        try:
            writer.write(asked + body)
            await writer.drain()
            answer = await _head(reader)
            content = b"" if method == "HEAD" else await reader.read()
        finally:
            writer.close()
        kept = [line for line in answer.split(b"\r\n")[:-2] if not _is_of_the_line(line)]
        if method != "HEAD":
            kept = [line for line in kept if not line.lower().startswith(b"content-length")]
            kept.append(b"Content-Length: %d" % len(content))
        return b"\r\n".join([*kept, b"", b""]), content


async def _head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(_HEAD_END)


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.partition(b":")[2]))
    return b""


def _is_of_the_line(header: bytes) -> bool:
    return header.lower().startswith((b"connection:", b"expect:", b"keep-alive:"))


async def _refuse(writer: asyncio.StreamWriter, line: bytes, code: bytes, words: bytes) -> bool:
    said = b"<?xml version='1.0'?><Error><Code>%b</Code><Message>%b</Message></Error>"
    content = said % (code, words)
    writer.write(
        b"HTTP/1.1 %b\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % (line, len(content)) + content
    )
    await writer.drain()
    return False


def _cut(writer: asyncio.StreamWriter) -> bool:
    """Have the other side see a reset and not an end."""
    held: socket.socket = writer.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


@contextmanager
def running_proxy(upstream_port: int) -> Iterator[Proxy]:
    """Serve in a thread of this process until the body ends."""
    proxy = Proxy(upstream_port)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=_MAX_HEAD_BYTES)
    )
    proxy.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in proxy._tasks:
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
