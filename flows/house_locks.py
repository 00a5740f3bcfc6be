"""The locks of cached tasks: in Redis where there is one that several machines share."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from prefect.locking.protocol import LockManager

from flows.leases import LeaseLockManager
from reels.settings import CacheSettings


@dataclass(eq=False)
class HouseLocks(LockManager):
    """Those of `alone`, or leases in the Redis of VIDEO_SERVICE_CACHE_URL.

    Which is found out at the first use of a process, since a task is defined when its module is
    imported.
    """

    alone: LockManager
    _leases: dict[str, LeaseLockManager] = field(default_factory=dict, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.alone,)

    def chosen(self) -> LockManager:
        """Whose locks this process uses."""
        url = _address(os.environ.get("VIDEO_SERVICE_CACHE_URL"))
        if not url:
            return self.alone
        with self._guard:
            if url not in self._leases:
                self._leases[url] = LeaseLockManager(url)
            return self._leases[url]

    def acquire_lock(
        self,
        key: str,
        holder: str,
        acquire_timeout: float | None = None,
        hold_timeout: float | None = None,
    ) -> bool:
        return self.chosen().acquire_lock(key, holder, acquire_timeout, hold_timeout)

    async def aacquire_lock(
        self,
        key: str,
        holder: str,
        acquire_timeout: float | None = None,
        hold_timeout: float | None = None,
    ) -> bool:
        return await self.chosen().aacquire_lock(key, holder, acquire_timeout, hold_timeout)

    def release_lock(self, key: str, holder: str) -> None:
        self.chosen().release_lock(key, holder)

    def is_locked(self, key: str) -> bool:
        return self.chosen().is_locked(key)

    def is_lock_holder(self, key: str, holder: str) -> bool:
        return self.chosen().is_lock_holder(key, holder)

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        return self.chosen().wait_for_lock(key, timeout)

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        return await self.chosen().await_for_lock(key, timeout)


@cache
def _address(_of_environment: str | None) -> str:
    """Settings are read once: a cached task asks for its lock some six times."""
    return CacheSettings().cache_url.get_secret_value()
