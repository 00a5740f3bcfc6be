"""The web server that the API runs in: uvicorn, set up for many who listen for long."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from deployments.bounded_http import BoundedHttp

#: Nobody has to send us more over a WebSocket than its client's own words of farewell.
_MOST_WS_BYTES: Final = 4_096
#: Some proxies close what is silent for 30 s.
_PING_S: Final = 20.0
#: How long a client may take nothing before the kernel lets go of it: long enough for a
#: player that is paused to keep its buffer and come back for a range.
_TAKES_NOTHING_MS: Final = 300_000
_STOP_S: Final = 3


class Server(uvicorn.Server):
    """Ends the streams of those who listen when it is told to stop; they come back by themselves.

    uvicorn alone would wait for their end, and then cut them off.
    """

    def __init__(self, app: FastAPI, host: str, port: int, **options: Any) -> None:
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="uvloop",
                http=BoundedHttp,
                ws="websockets-sansio",
                ws_max_size=_MOST_WS_BYTES,
                ws_ping_interval=_PING_S,
                ws_ping_timeout=_PING_S,
                # Messages are small; the compressor's memory for each of many listeners is not.
                ws_per_message_deflate=False,
                # Lines go where the rest of this process's go.
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_STOP_S,
                **options,
            )
        )

    def serve_until_stopped(self) -> bool:
        """Serve until SIGINT or SIGTERM; returns whether it has ever begun to."""
        listening = self.config.bind_socket()
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKES_NOTHING_MS)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with suppress(KeyboardInterrupt):
            self.run(sockets=[listening])
        return self.started

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.services.live.end_streams()
        await super().shutdown(sockets)
