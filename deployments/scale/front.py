"""One address before several servers, as a balancer has it: a dead one is passed over.

Run as `python -m deployments.scale.front PORT TO_PORT ...`, all on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from collections.abc import Sequence

CONNECT_S = 2.0
CHUNK_BYTES = 64 * 1024


class Front:
    """Gives each new connection to the next of `ports` that takes it."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = tuple(ports)
        self._turns = itertools.count()

    async def serve(self, port: int) -> None:
        server = await asyncio.start_server(self._take, "127.0.0.1", port, backlog=512)
        async with server:
            await server.serve_forever()

    async def _take(self, inner: asyncio.StreamReader, outer: asyncio.StreamWriter) -> None:
        try:
            reader, writer = await self._connect()
        except OSError:
            outer.close()
            return
        # Either side's end is that of both: a client must learn at once that its server is gone.
        tasks = [asyncio.ensure_future(_copy(*pair)) for pair in ((inner, writer), (reader, outer))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for each in (writer, outer):
                each.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError when no server takes a connection."""
        turn = next(self._turns)
        for at in range(len(self._ports)):
            port = self._ports[(turn + at) % len(self._ports)]
            with contextlib.suppress(OSError):
                async with asyncio.timeout(CONNECT_S):
                    return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError("no server takes a connection")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while content := await reader.read(CHUNK_BYTES):
            writer.write(content)
            await writer.drain()


def main(words: Sequence[str]) -> None:
    port, *ports = map(int, words)
    asyncio.run(Front(ports).serve(port))


if __name__ == "__main__":
    main(sys.argv[1:])
