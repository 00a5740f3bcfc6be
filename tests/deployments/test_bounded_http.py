"""What is no body of a request has a bound; bodies have those of their routes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import uvicorn

from deployments import bounded_http
from deployments.bounded_http import BoundedHttp

PIECE = b"x" * 65_536
PIECES = 200
HOST = b"Host: a.test\r\n"
WHOLE = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


async def _app(scope: dict[str, object], receive: object, send: object) -> None:
    """Answers with the length of the body, or at once."""
    size, more = 0, scope["path"] != "/at-once"
    while more:
        message = await receive()  # type: ignore[operator]
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    content = str(size).encode()
    length = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": content})  # type: ignore[operator]


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(_app, http=BoundedHttp, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        server.force_exit = True
        await serving


async def _sent(port: int, pieces: Iterator[bytes]) -> tuple[int, bytes]:
    """How many bytes the server has taken, and what it has answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken, answer = 0, b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            taken += len(piece)
        answer = await asyncio.wait_for(reader.read(4096), 10)
    except ConnectionError:
        pass
    finally:
        writer.close()
    return taken, answer


def _endless(head: bytes, piece: bytes) -> Iterator[bytes]:
    yield head
    for _ in range(PIECES):
        yield piece
    yield b"\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"GET / HTTP/1.1\r\n" + HOST + b"X-A: ", PIECE),
        (b"GET / HTTP/1.1\r\n" + HOST, b"X-A: y\r\n" * 8_000),
        (b"GET /?", PIECE),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-A: y\r\n" * 8_000),
    ],
    ids=["one header", "many headers", "an address", "trailers"],
)
async def test_a_head_without_an_end_is_refused(port: int, head: bytes, piece: bytes) -> None:
    taken, answer = await _sent(port, _endless(head, piece))

    assert b"200 OK" not in answer
    assert taken < PIECES * len(piece)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"GET /"],
        [b"GET / HTTP/1.1\r\nX-A: "],
        [WHOLE, b"GET /"],
        [b"POST /at-once HTTP/1.1\r\n%bContent-Length: 9999\r\n\r\n" % HOST, b"x"],
    ],
    ids=["nothing", "half a line", "half a header", "half a second one", "a body in vain"],
)
async def test_who_takes_too_long_for_a_head_is_hung_up_on(
    port: int, pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_S", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def dribble() -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.05)
        while pieces:
            writer.write(b"y")
            await asyncio.sleep(0.05)

    dribbling = asyncio.create_task(dribble())
    with suppress(ConnectionError):
        assert (await asyncio.wait_for(reader.read(), 5)).count(b"200 OK") == max(
            len(pieces) - 1, 0
        )
    dribbling.cancel()
    await asyncio.gather(dribbling, return_exceptions=True)
    writer.close()


async def test_a_slow_answer_is_given_whatever_comes_of_the_next_request(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\n%bContent-Length: 2\r\n\r\nx" % HOST)
    await asyncio.sleep(0.3)
    writer.write(b"y")

    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n2"), 5)).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_large_body_passes_whether_its_length_is_announced_or_not(port: int) -> None:
    size = PIECES * len(PIECE)
    announced = b"POST / HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n" % (HOST, size)
    chunk = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)

    _, plain = await _sent(port, iter([announced, *[PIECE] * PIECES]))
    _, chunked = await _sent(port, iter([CHUNKED, *[chunk] * PIECES, b"0\r\n\r\n"]))

    assert plain.endswith(b"\r\n\r\n%d" % size)
    assert chunked.endswith(b"\r\n\r\n%d" % size)


async def test_a_connection_serves_many_requests_with_heads_of_the_usual_size(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(50):
        writer.write(b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"x" * 4_000 + b"\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(1) == b"0"
    writer.close()
