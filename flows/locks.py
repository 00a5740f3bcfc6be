"""Locks for Prefect's transactions that the kernel takes back when their holder dies.

Prefect's own FileSystemLockManager marks a lock by a file's existence, and transactions
ask for no expiry: a holder killed with SIGKILL leaves the lock for ever. A `flock(2)`
ends with its process. It holds among the processes of one machine; several machines
need `flows.leases`.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
from prefect.locking.protocol import LockManager

FIRST_POLL_S = 0.005
LONGEST_POLL_S = 0.1
#: A thread's event loop serves many holders, so none of them can be told by its thread.
_NO_THREAD = 0


@dataclass
class _Held:
    holder: str
    fd: int
    thread: int
    timer: threading.Timer | None = None

    def release(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        # An explicit unlock also frees the lock when a forked child still has the file open.
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        os.close(self.fd)


@dataclass(eq=False)
class FlockLockManager(LockManager):
    """One lock file per key in `directory()`, which is asked for at every use.

    The file is removed when its lock is released, so the directory holds no more files
    than there are locks, and those of killed holders until somebody comes by.
    """

    directory: Callable[[], Path]
    _held: dict[str, _Held] = field(default_factory=dict, repr=False)
    _guard: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _swept: set[Path] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        _MANAGERS.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.directory,)

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
        for pause_s in _pauses(acquire_timeout):
            if self._try(key, holder, hold_timeout, threading.get_ident()):
                return True
            time.sleep(pause_s)
        return False

    async def aacquire_lock(
        self,
        key: str,
        holder: str,
        acquire_timeout: float | None = None,
        hold_timeout: float | None = None,
    ) -> bool:
        """As `acquire_lock`; a cancelled wait leaves no lock behind."""
        for pause_s in _pauses(acquire_timeout):
            if self._try(key, holder, hold_timeout):
                return True
            await anyio.sleep(pause_s)
        return False

    def release_lock(self, key: str, holder: str) -> None:
        """Give the lock back.

        Raises:
            ValueError: `holder` does not hold it.
        """
        with self._guard:
            if not self.is_lock_holder(key, holder):
                raise ValueError(f"{holder} holds no lock on {key}.")
            # Whoever waits on the removed file sees, once it has the lock, that the name
            # leads elsewhere, and starts again (_open_locked).
            self._path(key).unlink(missing_ok=True)
            self._held.pop(key).release()

    def is_locked(self, key: str) -> bool:
        """Whether anybody, in any process, holds the lock."""
        with self._guard:
            if key in self._held:
                return True
        try:
            fd = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False

    def is_lock_holder(self, key: str, holder: str) -> bool:
        """Whether `holder`, in this process, holds the lock."""
        with self._guard:
            held = self._held.get(key)
            return held is not None and held.holder == holder

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """Wait until nobody holds the lock; False when `timeout` seconds did not do."""
        for pause_s in _pauses(timeout):
            if not self.is_locked(key):
                return True
            time.sleep(pause_s)
        return False

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """As `wait_for_lock`."""
        for pause_s in _pauses(timeout):
            if not self.is_locked(key):
                return True
            await anyio.sleep(pause_s)
        return False

    def _take_back(self, key: str, holder: str) -> None:
        """Free what a failed attempt of this very thread has left behind.

        Prefect keeps the lock when a committed result cannot be read, and a retry comes in
        the same thread, where it would wait for itself.
        """
        with self._guard:
            held = self._held.get(key)
            if held and held.holder != holder and held.thread == threading.get_ident():
                self.release_lock(key, held.holder)

    def _try(
        self, key: str, holder: str, hold_timeout: float | None, thread: int = _NO_THREAD
    ) -> bool:
        with self._guard:
            held = self._held.get(key)
            if held is None:
                fd = _open_locked(self._ready_path(key))
                if fd is None:
                    return False
                held = self._held[key] = _Held(holder, fd, thread)
            elif held.holder != holder:
                return False
            self._expire_later(key, held, hold_timeout)
            return True

    def _expire_later(self, key: str, held: _Held, hold_timeout: float | None) -> None:
        if held.timer is not None:
            held.timer.cancel()
            held.timer = None
        if hold_timeout is not None:
            held.timer = threading.Timer(hold_timeout, self._expire, (key, held))
            held.timer.daemon = True
            held.timer.start()

    def _expire(self, key: str, held: _Held) -> None:
        with self._guard:
            if self._held.get(key) is held:
                self.release_lock(key, held.holder)

    def _path(self, key: str) -> Path:
        return self.directory() / f"{sha256(key.encode()).hexdigest()[:40]}.lock"

    def _ready_path(self, key: str) -> Path:
        path = self._path(key)
        if path.parent not in self._swept:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._swept.add(path.parent)
            _sweep(path.parent)
        return path

    def _forget_after_fork(self) -> None:
        """A child holds no lock: it closes its copies, which leaves the parent's alone."""
        self._guard = threading.RLock()
        for held in self._held.values():
            os.close(held.fd)
        self._held = {}


def _pauses(timeout: float | None) -> Iterator[float]:
    """The waits between tries, growing, until `timeout` seconds are over; at least one try."""
    deadline = None if timeout is None else time.monotonic() + timeout
    pause_s = FIRST_POLL_S
    while True:
        left_s = LONGEST_POLL_S if deadline is None else deadline - time.monotonic()
        yield max(0.0, min(pause_s, left_s))
        if deadline is not None and time.monotonic() >= deadline:
            return
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)


def _open_locked(path: Path) -> int | None:
    """The locked file, or None when another has it. Never a file that was removed."""
    while True:
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_ino == os.stat(path).st_ino:
                return fd
        except BlockingIOError:
            os.close(fd)
            return None
        except FileNotFoundError:
            pass
        os.close(fd)


def _sweep(directory: Path) -> None:
    """Remove the lock files of holders that were killed."""
    for path in directory.glob("*.lock"):
        fd = _open_locked(path)
        if fd is not None:
            path.unlink(missing_ok=True)
            os.close(fd)


_MANAGERS: weakref.WeakSet[FlockLockManager] = weakref.WeakSet()


def _forget_all_after_fork() -> None:
    for manager in list(_MANAGERS):
        manager._forget_after_fork()


os.register_at_fork(after_in_child=_forget_all_after_fork)
