"""uvicorn's faster reading of HTTP, with bounds for what is no body.

h11 bounds addresses and headers by itself; httptools reads them without an end, in time that
grows with their square: 52 MB of one header held the whole process for 15 s (uvicorn 0.54).
Nor does uvicorn ever tire of waiting for their end, while each connection costs a descriptor.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: For the address with all headers, or for what follows a body. h11 has the same.
MOST_HEAD_BYTES = 65_536
#: From the connection, the last answer or the first byte on, until the last header.
HEAD_S: Final = 20.0


class BoundedHttp(HttpToolsProtocol):
    """Refuses what goes on after `MOST_HEAD_BYTES` without a byte of a body, and hangs up on
    who takes longer than `HEAD_S` for a head.

    What has come in one piece with them is still read: asyncio hands on 256 KiB at most.
    """

    _unbodied = 0
    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._unbodied > MOST_HEAD_BYTES:
            if self.cycle is None or self.cycle.response_complete:
                self.send_400_response("The address and the headers are too large.")
            else:
                self.transport.close()
            return
        self._unbodied += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_is_there()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Whatever of a body still comes is read by nobody.
        if self.cycle.response_complete:
            self._await_head()

    def on_body(self, body: bytes) -> None:
        self._unbodied = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unbodied = 0
        super().on_message_complete()

    def _await_head(self) -> None:
        self._head_is_there()
        self._head_due = self.loop.call_later(HEAD_S, self._hang_up)

    def _head_is_there(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _hang_up(self) -> None:
        # What was asked for before on the connection is still answered.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self.cycle.keep_alive = False
