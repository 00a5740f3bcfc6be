"""A memory that may go away never makes its users fail, nor tells them what is over."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.memory import OwnMemory, RedisMemory
from api.memory.steady import SteadyMemory
from tests.redis_kit import running_redis


async def test_without_its_redis_a_memory_goes_on_alone_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running_redis() as server:
        shared = RedisMemory(server.url)
        steady = SteadyMemory(shared)
        assert await steady.put("a", b"1", 60)
        assert await steady.get("a") == b"1"
        server.stop()
        began = time.time()
        assert await steady.get("a") is None
        assert steady.reliable_since >= began
        for number in range(20):
            await steady.put("b", str(number).encode(), 60)
            assert await steady.get("b") == str(number).encode()
        await steady.drop("b")
        assert await steady.get("b") is None
        assert len([each for each in caplog.records if "is away" in each.message]) == 1
        server.start()
        async with asyncio.timeout(20):
            while not await RedisMemory(server.url).get("back"):
                await steady.put("back", b"1", 60)
                await asyncio.sleep(0.1)
        assert "The shared memory is back." in caplog.text
        await shared.close()


async def test_a_memory_that_hangs_is_not_waited_for() -> None:
    class Hanging(OwnMemory):
        async def get(self, key: str) -> bytes | None:
            await asyncio.sleep(60)
            return None

    steady = SteadyMemory(Hanging())
    began = time.monotonic()
    for _ in range(50):
        assert await steady.get("a") is None
    assert time.monotonic() - began < 2
