"""uvicorn's faster reading of HTTP, with a bound for what is no body.

h11 bounds addresses and headers by itself; httptools reads them without an end, in time that
grows with their square: 52 MB of one header held the whole process for 15 s (uvicorn 0.54).
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: For the address with all headers, or for what follows a body. h11 has the same.
MOST_HEAD_BYTES = 65_536


class BoundedHttp(HttpToolsProtocol):
    """Refuses what goes on after `MOST_HEAD_BYTES` without a byte of a body.

    What has come in one piece with them is still read: asyncio hands on 256 KiB at most.
    """

    _unbodied = 0

    def data_received(self, data: bytes) -> None:
        if self._unbodied > MOST_HEAD_BYTES:
            if self.cycle is None or self.cycle.response_complete:
                self.send_400_response("The address and the headers are too large.")
            else:
                self.transport.close()
            return
        self._unbodied += len(data)
        super().data_received(data)

    def on_body(self, body: bytes) -> None:
        self._unbodied = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unbodied = 0
        super().on_message_complete()
