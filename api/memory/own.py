"""A process's own memory, bounded by its size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TLRUCache

MOST_BYTES = 64_000_000
#: What an entry costs beside its value, roughly.
_OVERHEAD_BYTES = 300


class _Entry(NamedTuple):
    value: bytes
    life_s: float


class OwnMemory:
    """For one API process. When it is full, what was asked for longest ago goes first."""

    def __init__(
        self, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries: TLRUCache[str, _Entry] = TLRUCache(
            most_bytes,
            ttu=lambda _key, entry, now: now + entry.life_s,
            timer=clock,
            getsizeof=lambda entry: len(entry.value) + _OVERHEAD_BYTES,
        )
        self._most_bytes = most_bytes

    async def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        return entry.value if entry is not None else None

    async def put(
        self, key: str, value: bytes, life_s: float, *, only_if_absent: bool = False
    ) -> bool:
        if only_if_absent and key in self._entries:
            return False
        if len(value) + _OVERHEAD_BYTES > self._most_bytes:
            return False
        self._entries[key] = _Entry(value, life_s)
        return True

    async def drop(self, *keys: str) -> None:
        for key in keys:
            self._entries.pop(key, None)

    async def close(self) -> None:
        self._entries.clear()
