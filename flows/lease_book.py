"""Leases in Redis: taken, renewed, given back, and waited for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from reels.errors import Unavailable

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: How long a waiter sleeps in Redis at most, before it looks for itself.
NAP_S: Final = 5.0
_SOCKET_S: Final = 10.0
#: Redis may be away for so long before work fails for it.
_PATIENCE_S: Final = 120.0
_AGAIN_S: Final = 0.5
_PREFIX: Final = "reelwright:lock:"
_GONE: Final = -2
#: For what is free in Redis, and not yet for whoever has lost it.
_BLINK_S: Final = 0.02

_RENEW = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('pexpire', KEYS[1], ARGV[2])
return 1
"""
#: One who waits is woken, and wakes the next one when it gives the lease back in its turn.
_RELEASE = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('del', KEYS[1], KEYS[2])
redis.call('rpush', KEYS[2], '1')
redis.call('pexpire', KEYS[2], ARGV[2])
return 1
"""


class LeaseBook:
    """The leases of `life_s` seconds that the Redis at `url` knows of.

    A call that finds Redis away goes on asking for two minutes.

    Raises, from all but `renew` and `give_back`: Unavailable, when it stays away.
    """

    def __init__(self, url: str, life_s: float) -> None:
        self._url = url
        self._life_ms = int(life_s * 1000)
        self._redis: Redis | None = None
        self._opening = threading.Lock()

    def take(self, key: str, token: str) -> bool:
        """Take the lease of `key` if nobody has it."""
        name = _names(key)[0]

        def take(redis: Redis) -> bool:
            # The answer to an earlier try may have been lost on its way.
            is_new = redis.set(name, token, nx=True, px=self._life_ms)
            return bool(is_new) or redis.get(name) == token.encode()

        return self._asked(take)

    def renew(self, key: str, token: str) -> bool:
        """Whether the lease is still that of `token`, which then has it for its whole life.

        Raises:
            RedisError, OSError: Redis does not answer.
        """
        return bool(self._client().eval(_RENEW, 1, _names(key)[0], token, self._life_ms))

    def is_still_of(self, key: str, token: str) -> bool:
        """As `renew`, with patience."""
        return self._asked(lambda _: self.renew(key, token))

    def give_back(self, key: str, token: str) -> None:
        """End the lease. Without Redis it ends by itself."""
        try:
            self._client().eval(_RELEASE, 2, *_names(key), token, int(NAP_S * 1000))
        except (RedisError, OSError) as error:
            logger.warning("A lease ends only by itself: %s", type(error).__name__)

    def is_taken(self, key: str) -> bool:
        return bool(self._asked(lambda redis: redis.exists(_names(key)[0])))

    def nap(self, key: str, seconds: float) -> None:
        """Sleep until the lease is given back or ends, at most so long."""
        name, free = _names(key)

        def sleep(redis: Redis) -> None:
            left_ms = redis.pttl(name)
            if left_ms == _GONE or seconds <= 0:
                time.sleep(min(seconds, _BLINK_S))
            else:
                redis.blpop([free], timeout=min(seconds, NAP_S, max(left_ms / 1000, _BLINK_S)))

        self._asked(sleep)

    def pass_on(self, key: str) -> None:
        """Wake the next one who waits: this one needed no lease."""
        free = _names(key)[1]

        def push(redis: Redis) -> None:
            if not redis.llen(free):
                redis.rpush(free, "1")
            redis.pexpire(free, int(NAP_S * 1000))

        self._asked(push)

    def _asked(self, question: Callable[[Redis], T]) -> T:
        until_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return question(self._client())
            except (RedisError, OSError) as error:
                if time.monotonic() > until_s:
                    raise Unavailable(
                        f"The Redis that holds the locks does not answer ({type(error).__name__}).",
                        remedy="Check VIDEO_SERVICE_CACHE_URL, and that Redis runs; then retry.",
                    ) from None
                time.sleep(_AGAIN_S)

    def _client(self) -> Redis:
        with self._opening:
            if self._redis is None:
                self._redis = Redis.from_url(
                    self._url, socket_timeout=_SOCKET_S, socket_connect_timeout=_SOCKET_S
                )
            return self._redis


def _names(key: str) -> tuple[str, str]:
    """Redis's keys of a lease, and of the list on which who waits for it sleeps."""
    name = _PREFIX + sha256(key.encode()).hexdigest()[:40]
    return name, f"{name}:free"
