"""The API on a socket of its own, as it is really served, and clients that listen to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import httpx
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from api.app import create_app
from api.app_settings import AppSettings
from api.jobs.gateway import PrefectGateway
from api.live.live import Live
from api.memory import Memory
from deployments.api_server import Server
from reels.settings import ApiSettings, LimitSettings, LiveSettings
from tests.api.conftest import PUBLIC_URL

DEV = {"X-User-ID": "dev"}
_PATIENCE_S = 20.0


class CountingGateway(PrefectGateway):
    """Knows how often a history was read, and how often Prefect was asked for anything."""

    reads = 0
    requests = 0

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._client._client.event_hooks["request"].append(self._note)
        return self

    async def _note(self, _request: httpx.Request) -> None:
        self.requests += 1

    async def past(self, *args: Any) -> Any:
        self.reads += 1
        return await super().past(*args)


@dataclass
class Served:
    """An API that is being served."""

    url: str
    app: FastAPI
    gateway: CountingGateway
    server: Server

    @property
    def live(self) -> Live:
        live: Live = self.app.state.services.live
        return live

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def client(self, user: str = "dev", **headers: str) -> httpx.AsyncClient:
        named = {"X-User-ID": user, **headers}
        return httpx.AsyncClient(base_url=self.url, headers=named, timeout=30)

    def listening(self, path: str, user: str = "dev") -> connect:
        """A WebSocket to `path`."""
        headers = {"X-User-ID": user}
        return connect(self.socket_url + path, additional_headers=headers, compression=None)


@asynccontextmanager
async def serving(
    prefect_url: str,
    store: Any,
    *,
    memory: Memory | None = None,
    listeners: LiveSettings | None = None,
    hears: bool = True,
) -> AsyncIterator[Served]:
    """The API, once it `hears` Prefect's events."""
    gateway = CountingGateway(prefect_url)
    app = create_app(
        gateway,
        store,
        AppSettings(
            api=ApiSettings(public_url=PUBLIC_URL),
            live=listeners or LiveSettings(),
            limits=LimitSettings(rate_reads="", rate_changes=""),
        ),
        memory=memory,
    )
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listening.getsockname()[1]
    server = Server(app, "127.0.0.1", port)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    served = Served(f"http://127.0.0.1:{port}", app, gateway, server)
    try:
        await until(lambda: server.started)
        if hears:
            await until(lambda: served.live.hears_since is not None)
        yield served
    finally:
        server.should_exit = True
        await task


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what comes by itself."""
    async with asyncio.timeout(_PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.01)


async def events_of(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Server-sent events, each as `id` (None without one), `event` and `data`."""
    told: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            told[name] = value
        else:
            if "event" in told:
                yield {
                    "id": told.get("id"),
                    "event": told["event"],
                    "data": json.loads(told["data"]),
                }
            told = {}


async def texts_of(listening: ClientConnection) -> list[dict[str, Any]]:
    """All that comes over a WebSocket until the server closes it."""
    return [json.loads(text) async for text in listening]


async def next_of(listening: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(await asyncio.wait_for(listening.recv(), _PATIENCE_S)))


async def tell_progress(
    prefect_url: str, job: str, percent: Any, stage: str, user: str = "dev"
) -> None:
    """The event that a job's run emits."""
    tags = ("reelwright", f"user:{user}")
    event = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "reelwright.progress",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{job}"},
        "related": [
            {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
            for tag in tags
        ],
        "payload": {"percent": percent, "stage": stage},
    }
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{prefect_url}/events", json=[event])
        assert answer.is_success, answer.text
