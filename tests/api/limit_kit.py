"""Apps with limits of their own, over ASGI or served by uvicorn on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.app_settings import AppSettings
from api.identity import Identity
from api.jobs.gateway import PrefectGateway
from api.memory import Memory
from reels.settings import ApiSettings, FlowSettings
from tests.api.conftest import PUBLIC_URL


def app_of(
    gateway: PrefectGateway,
    store: Any,
    *,
    identity: Identity | None = None,
    memory: Memory | None = None,
    **settings: Any,
) -> FastAPI:
    """The app; `settings` are further fields of its settings."""
    told = AppSettings(
        api=ApiSettings(public_url=PUBLIC_URL),
        flow=FlowSettings(default_language="de"),
        **settings,
    )
    return create_app(gateway, store, told, identity=identity, memory=memory)


def client_from(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A client whose requests come from `address`."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 9))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of a real server; it enters the app's lifespan."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
