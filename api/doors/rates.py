"""How often something may happen: counted in this process, or in the Redis that all share."""

from __future__ import annotations

import logging
import math
import time
from typing import Any, NamedTuple

import limits
from cachetools import LRUCache
from limits.aio.storage import (
    MemoryStorage,
    RedisStorage,
    SlidingWindowCounterSupport,
    Storage,
)
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from api.memory.redis import PREFIX
from api.metrics import REFUSALS
from reels.errors import LimitReached

log = logging.getLogger("api")

#: Users times routes, of which those that were not heard of for longest are forgotten.
MOST_COUNTS = 100_000
_PATIENCE_S = 0.5
_LEAST_WAIT_S = 0.01
#: How long a Redis that does not answer is left alone.
_AWAY_S = 5.0


class Rate(NamedTuple):
    """What may happen how often; `name` goes into headers and keys."""

    name: str
    limits: tuple[limits.RateLimitItem, ...]

    @classmethod
    def of(cls, name: str, notation: str) -> Rate:
        """A rate in the notation of the `limits` library; an empty one is no limit."""
        return cls(name, tuple(limits.parse_many(notation)) if notation else ())


class Standing(NamedTuple):
    """How much of a rate is left, and in how many seconds there is more."""

    rate: Rate
    limit: limits.RateLimitItem
    left: int
    more_in_s: float

    def headers(self) -> dict[str, str]:
        """As in the IETF's draft of the RateLimit fields."""
        name, item = self.rate.name, self.limit
        return {
            "RateLimit-Policy": f'"{name}";q={item.amount};w={item.get_expiry()}',
            "RateLimit": f'"{name}";r={self.left};t={math.ceil(self.more_in_s)}',
        }


class Rates:
    """Counts what happens by names. `url` is of a Redis; without one, and while it does not
    answer, this process counts for itself.
    """

    def __init__(self, url: str = "") -> None:
        self._own = SlidingWindowCounterRateLimiter(_OwnCounts())
        self._pool: ConnectionPool | None = _pool(url) if url else None
        self._shared = SlidingWindowCounterRateLimiter(_shared(self._pool)) if self._pool else None
        self._away_until = 0.0

    async def hit(self, rate: Rate, *names: str) -> Standing | None:
        """Let it happen once more; the standing of the tightest limit, or None without limits.

        Raises:
            LimitReached: it has happened often enough.
        """
        return await self._ask(rate, names, counts=True)

    async def require(self, rate: Rate, *names: str) -> None:
        """Raises LimitReached when it may not happen now; counts nothing."""
        await self._ask(rate, names, counts=False)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _ask(self, rate: Rate, names: tuple[str, ...], *, counts: bool) -> Standing | None:
        if not rate.limits:
            return None
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                standing = await _asked(self._shared, rate, names, counts=counts)
            except (StorageError, OSError, TimeoutError) as error:
                self._leave_alone(error)
            else:
                self._is_back()
                return standing
        return await _asked(self._own, rate, names, counts=counts)

    def _leave_alone(self, error: Exception) -> None:
        if not self._away_until:
            # Not the error's own words, which may hold the address.
            log.warning(
                "The Redis of VIDEO_SERVICE_CACHE_URL counts no requests (%s); until it does, "
                "each API process counts for itself.",
                type(error).__name__,
            )
        self._away_until = time.monotonic() + _AWAY_S

    def _is_back(self) -> None:
        if self._away_until:
            log.warning("The Redis of VIDEO_SERVICE_CACHE_URL counts requests again.")
            self._away_until = 0.0


async def _asked(
    limiter: SlidingWindowCounterRateLimiter, rate: Rate, names: tuple[str, ...], *, counts: bool
) -> Standing:
    tightest: Standing | None = None
    for item in rate.limits:
        ask = limiter.hit if counts else limiter.test
        may = await ask(item, rate.name, *names)
        reset_at, left = await limiter.get_window_stats(item, rate.name, *names)
        more_in_s = max(0.0, reset_at - time.time())
        if not may:
            REFUSALS.labels("rate").inc()
            raise LimitReached(
                f"Too many requests: {item.amount} in {item.get_expiry()} s is the limit.",
                retry_after_s=await _wait_s(limiter.storage, item, (rate.name, *names)),
                remedy="Wait as long as Retry-After says.",
            )
        if tightest is None or left < tightest.left:
            tightest = Standing(rate, item, left, more_in_s)
    assert tightest is not None
    return tightest


async def _wait_s(storage: Storage, item: limits.RateLimitItem, names: tuple[str, ...]) -> float:
    """Until one more fits: what is counted is this window's, and a share of the last one's that
    shrinks as this one goes on. The library tells only when anything changes.
    """
    assert isinstance(storage, SlidingWindowCounterSupport)
    window_s = item.get_expiry()
    found = await storage.get_sliding_window(item.key_for(*names), window_s)
    before, before_ends_s, now, now_ends_s = found
    this_ends_s = now_ends_s % window_s
    if before and now < item.amount:
        shrunk_s = before_ends_s - (item.amount - now) * window_s / before
        return max(_LEAST_WAIT_S, min(shrunk_s, this_ends_s) + _LEAST_WAIT_S)
    return this_ends_s + _LEAST_WAIT_S


class _Count:
    __slots__ = ("ends_at", "value")

    def __init__(self, ends_at: float) -> None:
        self.value = 0
        self.ends_at = ends_at


class _OwnCounts(MemoryStorage):
    """The library's counts in memory, bounded: its own looks through all of them each time."""

    STORAGE_SCHEME: Any = None

    def __init__(self) -> None:
        super().__init__()
        self._counts: LRUCache[str, _Count] = LRUCache(MOST_COUNTS)

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        found = self._live(key)
        if found is None:
            found = self._counts[key] = _Count(time.time() + expiry)
        found.value += amount
        return found.value

    async def decr(self, key: str, amount: int = 1) -> int:
        found = self._live(key)
        if found is None:
            return 0
        found.value = max(found.value - amount, 0)
        return found.value

    async def get(self, key: str) -> int:
        found = self._live(key)
        return found.value if found is not None else 0

    async def get_expiry(self, key: str) -> float:
        found = self._live(key)
        return found.ends_at if found is not None else time.time()

    async def clear(self, key: str) -> None:
        self._counts.pop(key, None)

    def _live(self, key: str) -> _Count | None:
        found = self._counts.get(key)
        if found is not None and found.ends_at <= time.time():
            del self._counts[key]
            return None
        return found


def _pool(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(
        url,
        socket_timeout=_PATIENCE_S,
        socket_connect_timeout=_PATIENCE_S,
        retry=Retry(NoBackoff(), 1),
    )


def _shared(pool: ConnectionPool) -> RedisStorage:
    options: dict[str, Any] = {"connection_pool": pool, "key_prefix": f"{PREFIX}rates"}
    # The pool has the address; this one is only read for its scheme.
    return RedisStorage("async+redis://", wrap_exceptions=True, implementation="redispy", **options)
