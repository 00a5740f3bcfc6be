"""Both memories do the same; Redis does it for several processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from api.memory import Memory, OwnMemory, RedisMemory, memory_of
from reels.errors import Unavailable
from reels.settings import CacheSettings
from tests.redis_kit import RedisServer, running_redis


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=["own", "redis"])
async def memory(request: pytest.FixtureRequest) -> AsyncIterator[Memory]:
    if request.param == "own":
        made: Memory = OwnMemory()
    else:
        made = RedisMemory(request.getfixturevalue("server").url)
    yield made
    await made.drop("key", "other")
    await made.close()


async def test_what_was_put_is_there_until_it_is_dropped(memory: Memory) -> None:
    assert await memory.get("key") is None
    assert await memory.put("key", b"\x00value", 60)
    assert await memory.get("key") == b"\x00value"
    await memory.drop("key", "other")
    assert await memory.get("key") is None


async def test_of_fifty_that_put_what_must_be_absent_one_wins(memory: Memory) -> None:
    won = await asyncio.gather(
        *(memory.put("key", str(n).encode(), 60, only_if_absent=True) for n in range(50))
    )
    assert won.count(True) == 1
    assert await memory.get("key") == str(won.index(True)).encode()


async def test_a_life_ends(memory: Memory) -> None:
    await memory.put("key", b"value", 0.05)
    async with asyncio.timeout(5):
        while await memory.get("key") is not None:
            await asyncio.sleep(0.01)
    assert await memory.put("key", b"next", 60, only_if_absent=True)


async def test_a_full_memory_forgets_what_nobody_asks_for() -> None:
    memory = OwnMemory(most_bytes=2_000)
    await memory.put("kept", b"x" * 500, 60)
    await memory.put("left", b"x" * 500, 60)
    assert await memory.get("kept")
    await memory.put("new", b"x" * 500, 60)
    assert await memory.get("kept")
    assert await memory.get("left") is None
    assert not await memory.put("huge", b"x" * 5_000, 60)


async def test_two_processes_see_the_same_in_redis(server: RedisServer) -> None:
    one, other = RedisMemory(server.url), RedisMemory(server.url)
    await one.put("key", b"value", 60)
    assert await other.get("key") == b"value"
    await other.drop("key")
    assert await one.get("key") is None
    await one.close()
    await other.close()


async def test_a_redis_that_is_away_is_told_and_comes_back() -> None:
    with running_redis() as server:
        memory = RedisMemory(server.url)
        await memory.put("key", b"value", 60)
        server.stop()
        with pytest.raises(Unavailable, match="does not answer"):
            await memory.get("key")
        server.start()
        assert await memory.get("key") is None
        await memory.close()


def test_the_setting_chooses_and_keeps_the_password_to_itself() -> None:
    assert isinstance(memory_of(CacheSettings(_env_file=None)), OwnMemory)
    url = "redis://:hush@127.0.0.1:6379/0"
    assert isinstance(memory_of(CacheSettings(_env_file=None, cache_url=url)), RedisMemory)
    with pytest.raises(ValueError, match="VIDEO_SERVICE_CACHE_URL") as refused:
        CacheSettings(_env_file=None, cache_url="http://:hush@somewhere")
    assert "hush" not in str(refused.value)
