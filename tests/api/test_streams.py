"""Streams to clients that take nothing, or leave: they hold nothing for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message as Sent

from api.live import streams
from api.live.messages import Message
from api.live.places import Places
from api.live.streams import EventStream


async def endless() -> AsyncIterator[Message | None]:
    number = 0
    while True:
        number += 1
        yield Message("status", "{}", str(number))


async def test_a_client_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SEND_S", 0.05)
    places = Places(per_user=1, in_all=1)
    sent: list[Sent] = []

    async def send(message: Sent) -> None:
        # A server's send waits while the client's buffers are full.
        if len(sent) == 5:
            await asyncio.Event().wait()
        sent.append(message)

    async def receive() -> Sent:
        await asyncio.Event().wait()
        raise AssertionError

    stream = EventStream(endless(), places.take("ann"))
    await asyncio.wait_for(stream({"type": "http"}, receive, send), 5)
    assert places.taken == 0
    assert len(sent) == 5
    assert all(message.get("more_body", True) for message in sent)


async def test_a_client_that_has_left_frees_its_place() -> None:
    places = Places(per_user=1, in_all=1)
    left = asyncio.Event()
    taken: list[int] = []

    async def send(_message: Sent) -> None:
        taken.append(places.taken)
        left.set()
        await asyncio.sleep(0)

    async def receive() -> Sent:
        await left.wait()
        return {"type": "http.disconnect"}

    stream = EventStream(endless(), places.take("ann"))
    await asyncio.wait_for(stream({"type": "http"}, receive, send), 5)
    assert set(taken) == {1}
    assert places.taken == 0
