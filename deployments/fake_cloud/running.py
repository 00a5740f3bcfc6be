"""A fake cloud in a thread of this process, on a free port of loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from deployments.fake_cloud.app import create_app
from deployments.fake_cloud.state import State

SERVICES = ("gemini", "elevenlabs", "pexels", "pixabay")
FAKE_KEY = "fake-key"


@dataclass(frozen=True)
class Cloud:
    """A running fake cloud: its address, and its state to steer and to ask."""

    url: str
    state: State

    def environment(self) -> dict[str, str]:
        """The settings that send all providers here."""
        return environment(self.url)


def environment(url: str) -> dict[str, str]:
    """The settings that send all providers to the fake cloud at `url`."""
    settings = {}
    for service in SERVICES:
        settings[f"VIDEO_SERVICE_{service.upper()}_API_KEY"] = FAKE_KEY
        settings[f"VIDEO_SERVICE_{service.upper()}_BASE_URL"] = f"{url}/{service}"
    return settings


@contextmanager
def running_cloud() -> Iterator[Cloud]:
    """Serve until the body ends."""
    state = State()
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(state), log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        # The socket listens already, so the first call waits for the server by itself.
        yield Cloud(f"http://127.0.0.1:{listening.getsockname()[1]}", state)
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
