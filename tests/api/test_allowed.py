"""Streams end soon after the key or token that they were opened with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.identity.api_key import ApiKeys
from api.identity.keyring import Keyring
from api.jobs.gateway import PrefectGateway
from api.jobs.job_events import Told
from api.live import allowed
from api.live.allowed import while_allowed
from api.live.messages import Message
from blocks.local_store import LocalStore
from tests.api.conftest import NOWHERE
from tests.api.limit_kit import app_of, served


async def _three() -> AsyncIterator[Message | None]:
    for number in range(3):
        yield Message("status", "{}", str(number))


async def test_it_is_asked_now_and_then_and_nothing_is_told_after_a_no(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    async def once() -> bool:
        asked.append(not asked)
        return asked[-1]

    unasked = [message async for message in while_allowed(_three(), once)]
    monkeypatch.setattr(allowed, "ASK_S", 0.0)
    told = [message async for message in while_allowed(_three(), once)]

    assert (len(unasked), len(told)) == (3, 1)


@asynccontextmanager
async def _listening(store: LocalStore) -> AsyncIterator[tuple[str, Any]]:
    """An API whose callers have keys, which are looked up each time."""
    identity = ApiKeys(lambda: store, known_for_s=0.0)
    app = app_of(PrefectGateway(NOWHERE, patience_s=0.1), store, identity=identity)
    async with served(app) as url:
        yield url, app.state.services.live


async def _happens(live: Any) -> None:
    """Something that listeners are told of, though nobody knows what it was."""
    while True:
        live.hear(Told(uuid4(), "ann", uuid4(), None))
        await asyncio.sleep(0.05)


async def test_a_stream_ends_when_its_key_is_revoked(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed, "ASK_S", 0.0)
    keyring = Keyring(store)
    key_id, key = keyring.make("ann", "user")

    async with _listening(store) as (url, live), httpx.AsyncClient(base_url=url) as api:
        happening = asyncio.create_task(_happens(live))
        async with api.stream("GET", "/events", headers={"X-API-Key": key}) as stream:
            lines = stream.aiter_lines()
            while "missed" not in await asyncio.wait_for(anext(lines), 5):
                pass
            keyring.revoke(key_id)
            async with asyncio.timeout(5):
                async for _ in lines:
                    pass
        happening.cancel()


async def test_a_socket_is_closed_as_refused_when_its_key_is_revoked(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed, "ASK_S", 0.0)
    keyring = Keyring(store)
    key_id, key = keyring.make("ann", "user")

    async with _listening(store) as (url, live):
        happening = asyncio.create_task(_happens(live))
        there = f"{url.replace('http', 'ws')}/ws"
        async with connect(there, additional_headers={"X-API-Key": key}) as socket:
            await asyncio.wait_for(socket.recv(), 5)
            keyring.revoke(key_id)
            with suppress(ConnectionClosed):
                async with asyncio.timeout(5):
                    async for _ in socket:
                        pass
            assert socket.close_code == 1008
        happening.cancel()
