"""Locks for Prefect's transactions that hold among machines: leases in Redis.

`prefect_redis.RedisLockManager` does not do: Prefect's transactions ask for no expiry, so that
a holder that is killed leaves its lock for ever; who holds a lock it only remembers; and who
waits asks ten times a second. A lease ends by itself when nobody renews it. A holder that was
stopped for longer than that finds out before it records anything, and others wait in Redis.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import uuid4

import anyio
import anyio.to_thread
from prefect.locking.protocol import LockManager
from redis.exceptions import RedisError

from flows.heart import now_s
from flows.lease_book import NAP_S, LeaseBook

logger = logging.getLogger(__name__)

LIFE_S: Final = 30.0
#: A lease is renewed after this share of its life; after the other one its holder asks.
_RENEWED_AT, _SURE_UNTIL = 1 / 3, 2 / 3
_ASYNC_NAP_S: Final = 1.0
#: A thread's event loop serves many holders, so none of them can be told by its thread.
_NO_THREAD: Final = 0


@dataclass
class _Lease:
    holder: str
    token: str
    thread: int
    renewed_at_s: float
    is_lost: bool = False
    timer: threading.Timer | None = None


@dataclass(eq=False)
class LeaseLockManager(LockManager):
    """Leases of `life_s` seconds in the Redis at `url`, renewed while their holder's process runs.

    Raises, from whatever has to ask: Unavailable, when Redis stays away.
    """

    url: str = field(repr=False)
    life_s: float = LIFE_S
    _held: dict[str, _Lease] = field(default_factory=dict, repr=False)
    _guard: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _renewer: threading.Thread | None = field(default=None, repr=False)
    _book: LeaseBook = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._book = LeaseBook(self.url, self.life_s)
        _MANAGERS.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.url, self.life_s)

    def acquire_lock(
        self,
        key: str,
        holder: str,
        acquire_timeout: float | None = None,
        hold_timeout: float | None = None,
    ) -> bool:
        """Take the lock of `key` for `holder`; False when `acquire_timeout` seconds did not do.

        A holder that has it already has it again. With `hold_timeout` the lock is given up
        by itself after so many seconds.
        """
        self._take_back(key, holder)
        for left_s in _left(acquire_timeout):
            if self._try(key, holder, hold_timeout, threading.get_ident()):
                return True
            self._book.nap(key, left_s)
        return False

    async def aacquire_lock(
        self,
        key: str,
        holder: str,
        acquire_timeout: float | None = None,
        hold_timeout: float | None = None,
    ) -> bool:
        """As `acquire_lock`; a cancelled wait leaves no lock behind."""
        for left_s in _left(acquire_timeout):
            try:
                tried = partial(self._try, key, holder, hold_timeout)
                if await anyio.to_thread.run_sync(tried):
                    return True
            except BaseException:
                with suppress(ValueError):
                    self.release_lock(key, holder)
                raise
            await self._anap(key, left_s)
        return False

    def release_lock(self, key: str, holder: str) -> None:
        """Give the lock back. One that was lost meanwhile is only forgotten.

        Raises:
            ValueError: `holder` does not hold it.
        """
        with self._guard:
            lease = self._held.get(key)
            if lease is None or lease.holder != holder:
                raise ValueError(f"{holder} holds no lock on {key}.")
            del self._held[key]
            if lease.timer is not None:
                lease.timer.cancel()
        self._book.give_back(key, lease.token)

    def is_locked(self, key: str) -> bool:
        """Whether anybody, anywhere, holds the lock, or has it from a holder in this process who
        lost it: what that one has made is not to be recorded.
        """
        with self._guard:
            lease = self._held.get(key)
        return lease is not None or self._book.is_taken(key)

    def is_lock_holder(self, key: str, holder: str) -> bool:
        """Whether `holder`, in this process, holds the lock: after a pause Redis is asked."""
        with self._guard:
            lease = self._held.get(key)
        if lease is None or lease.holder != holder or lease.is_lost:
            return False
        if now_s() >= lease.renewed_at_s + self.life_s * _SURE_UNTIL:
            self._renew(key, lease, self._book.is_still_of)
        return not lease.is_lost

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """Wait until nobody holds the lock; False when `timeout` seconds did not do."""
        for left_s in _left(timeout):
            if not self.is_locked(key):
                self._book.pass_on(key)
                return True
            self._book.nap(key, left_s)
        return False

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """As `wait_for_lock`."""
        for left_s in _left(timeout):
            if not await anyio.to_thread.run_sync(self.is_locked, key):
                await anyio.to_thread.run_sync(self._book.pass_on, key)
                return True
            await self._anap(key, left_s)
        return False

    def _take_back(self, key: str, holder: str) -> None:
        """Free what a failed attempt of this very thread has left behind (see `flows.locks`)."""
        with self._guard:
            lease = self._held.get(key)
            if lease and lease.holder != holder and lease.thread == threading.get_ident():
                self.release_lock(key, lease.holder)

    def _try(
        self, key: str, holder: str, hold_timeout: float | None, thread: int = _NO_THREAD
    ) -> bool:
        if self.is_lock_holder(key, holder):
            self._expire_later(key, holder, hold_timeout)
            return True
        with self._guard:
            if key in self._held:
                return False
        token, began_s = uuid4().hex, now_s()
        if not self._book.take(key, token):
            return False
        with self._guard:
            self._held[key] = _Lease(holder, token, thread, began_s)
        self._see_to_renewals()
        self._expire_later(key, holder, hold_timeout)
        return True

    def _expire_later(self, key: str, holder: str, hold_timeout: float | None) -> None:
        with self._guard:
            lease = self._held[key]
            if lease.timer is not None:
                lease.timer.cancel()
                lease.timer = None
            if hold_timeout is not None:
                lease.timer = threading.Timer(hold_timeout, self._expire, (key, holder))
                lease.timer.daemon = True
                lease.timer.start()

    def _expire(self, key: str, holder: str) -> None:
        with suppress(ValueError):
            self.release_lock(key, holder)

    def _see_to_renewals(self) -> None:
        with self._guard:
            if self._renewer is None or not self._renewer.is_alive():
                self._renewer = threading.Thread(target=self._go_on, name="leases", daemon=True)
                self._renewer.start()

    def _go_on(self) -> None:
        while True:
            time.sleep(self.life_s * _RENEWED_AT / 2)
            with self._guard:
                held = list(self._held.items())
                if not held:
                    self._renewer = None
                    return
            for key, lease in held:
                if now_s() >= lease.renewed_at_s + self.life_s * _RENEWED_AT:
                    # Redis is asked again soon, and before anything is recorded.
                    with suppress(RedisError, OSError):
                        self._renew(key, lease, self._book.renew)

    def _renew(self, key: str, lease: _Lease, ask: Callable[[str, str], bool]) -> None:
        began_s = now_s()
        if ask(key, lease.token):
            lease.renewed_at_s = began_s
        elif not lease.is_lost:
            lease.is_lost = True
            logger.warning("The lease of %s was lost: nobody renewed it in time.", key)

    async def _anap(self, key: str, left_s: float) -> None:
        nap = partial(self._book.nap, key, min(left_s, _ASYNC_NAP_S))
        await anyio.to_thread.run_sync(nap, abandon_on_cancel=True)

    def _forget_after_fork(self) -> None:
        """A child holds no lock, and has a connection of its own."""
        self._guard = threading.RLock()
        self._held, self._renewer = {}, None
        self._book = LeaseBook(self.url, self.life_s)


def _left(timeout: float | None) -> Iterator[float]:
    """How long may still be waited before each try, until `timeout` seconds are over; at least
    one try."""
    until_s = None if timeout is None else time.monotonic() + timeout
    while True:
        left_s = NAP_S if until_s is None else max(0.0, until_s - time.monotonic())
        yield left_s
        if until_s is not None and time.monotonic() >= until_s:
            return


_MANAGERS: weakref.WeakSet[LeaseLockManager] = weakref.WeakSet()


def _forget_all_after_fork() -> None:
    for manager in list(_MANAGERS):
        manager._forget_after_fork()


os.register_at_fork(after_in_child=_forget_all_after_fork)
