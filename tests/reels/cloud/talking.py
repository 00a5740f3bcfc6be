"""A server that answers with bytes, for what no server of HTTP would send."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator


class Talking:
    """Answers the first request with `head`, and then with `more` for ever; gives its address
    and the list of what it heard."""

    def __init__(self, head: bytes, more: bytes = b"", every_s: float = 0.0) -> None:
        self._head, self._more, self._every_s = head, more, every_s
        self._heard: list[bytes] = []
        self._done = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> tuple[str, list[bytes]]:
        self._thread.start()
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}", self._heard

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _serve(self) -> None:
        try:
            connection, _ = self._listening.accept()
            with connection:
                self._heard.append(_request(connection))
                for piece in self._pieces():
                    connection.sendall(piece)
        except OSError:
            return

    def _pieces(self) -> Iterator[bytes]:
        yield self._head
        while self._more and not self._done.wait(self._every_s):
            yield self._more


def _request(connection: socket.socket) -> bytes:
    """A whole request with a body of a known length."""
    heard = b""
    while piece := connection.recv(65_536):
        heard += piece
        head, end, body = heard.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if end and len(body) >= int(length[1] if length else 0):
            break
    return heard
