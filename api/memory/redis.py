"""A Redis that several API processes share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from reels.errors import Unavailable

#: All keys begin with it, so that a Redis may serve others too.
PREFIX = "reelwright:"
_PATIENCE_S = 2.0
_TRIES = 2


class RedisMemory:
    """`url` is Redis's own kind of address."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            retry=Retry(ExponentialWithJitterBackoff(cap=0.2, base=0.02), _TRIES),
        )

    async def get(self, key: str) -> bytes | None:
        async with _told():
            found = await self._redis.get(PREFIX + key)
            return found if isinstance(found, bytes) else None

    async def put(
        self, key: str, value: bytes, life_s: float, *, only_if_absent: bool = False
    ) -> bool:
        async with _told():
            life_ms = max(1, int(life_s * 1000))
            return bool(await self._redis.set(PREFIX + key, value, px=life_ms, nx=only_if_absent))

    async def drop(self, *keys: str) -> None:
        if keys:
            async with _told():
                await self._redis.delete(*(PREFIX + key for key in keys))

    async def close(self) -> None:
        await self._redis.aclose()


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Redis's errors in our words. Its own may hold the address."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"The memory that the API shares does not answer ({type(error).__name__}).",
            remedy="Check VIDEO_SERVICE_CACHE_URL, and that Redis runs.",
        ) from None
