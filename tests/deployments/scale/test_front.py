"""The front before several servers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deployments.scale.front import Front

DEADLINE_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def answering(name: bytes) -> AsyncIterator[int]:
    """A server that says its name to every line that it gets."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(name + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def fronted(*ports: int) -> AsyncIterator[int]:
    port = free_port()
    task = asyncio.create_task(Front(ports).serve(port))
    try:
        yield port
    finally:
        task.cancel()


async def ask(port: int) -> bytes:
    """The line that a new connection is answered; empty when it is closed without one."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0)
                continue
            writer.write(b"who?\n")
            line = await reader.readline()
            writer.close()
            return line.strip()


async def test_connections_are_given_to_all_servers_in_turn() -> None:
    async with answering(b"a") as first, answering(b"b") as second, fronted(first, second) as port:
        assert sorted([await ask(port) for _ in range(4)]) == [b"a", b"a", b"b", b"b"]


async def test_a_server_that_is_gone_is_passed_over() -> None:
    async with answering(b"b") as there, fronted(free_port(), there) as port:
        assert [await ask(port) for _ in range(4)] == [b"b"] * 4


async def test_without_any_server_the_connection_is_closed() -> None:
    async with fronted(free_port()) as port:
        assert await ask(port) == b""


async def test_the_end_of_a_server_ends_its_connections() -> None:
    """A client must not wait for the answer of a server that is gone."""
    async with fronted(server := free_port()) as port:
        taken: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

        async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken.set_result(writer)

        listener = await asyncio.start_server(take, "127.0.0.1", server)
        asking = asyncio.create_task(ask(port))
        (await asyncio.wait_for(taken, DEADLINE_S)).close()
        assert await asking == b""
        listener.close()
