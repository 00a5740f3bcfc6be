"""A memory that never fails: while the shared one is away, the process's own serves."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from api.memory.base import Memory
from api.memory.own import OwnMemory
from reels.errors import Unavailable

log = logging.getLogger("api")

T = TypeVar("T")

#: A memory that takes longer is no help.
_PATIENCE_S: Final = 0.5
#: How long it is left alone after it has failed.
_AWAY_S: Final = 2.0
_SPARE_BYTES: Final = 16_000_000


class SteadyMemory:
    """What is kept in `shared` counts only when it is younger than `reliable_since`.

    A drop that has failed leaves behind what should be gone: so nothing that is older than
    the last failure counts.
    """

    def __init__(self, shared: Memory) -> None:
        self._shared = shared
        self._spare = OwnMemory(_SPARE_BYTES)
        self._away_until = 0.0
        self._is_away = False
        #: Unix seconds.
        self.reliable_since = 0.0

    async def get(self, key: str) -> bytes | None:
        if self._rests():
            return await self._spare.get(key)
        return await self._or(self._shared.get(key), None)

    async def put(
        self, key: str, value: bytes, life_s: float, *, only_if_absent: bool = False
    ) -> bool:
        if self._rests():
            return await self._spare.put(key, value, life_s, only_if_absent=only_if_absent)
        kept = self._shared.put(key, value, life_s, only_if_absent=only_if_absent)
        return await self._or(kept, default=False)

    async def drop(self, *keys: str) -> None:
        await self._spare.drop(*keys)
        if self._rests():
            # It is not told of this, so what it holds cannot be relied on.
            self.reliable_since = time.time()
            return
        await self._or(self._shared.drop(*keys), None)

    async def close(self) -> None:
        await self._spare.close()

    def _rests(self) -> bool:
        return self._is_away and time.monotonic() < self._away_until

    async def _or(self, asked: Awaitable[T], default: T) -> T:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer = await asked
        except (Unavailable, TimeoutError):
            self._away_until = time.monotonic() + _AWAY_S
            self.reliable_since = time.time()
            if not self._is_away:
                self._is_away = True
                log.warning("The shared memory is away: VIDEO_SERVICE_CACHE_URL. Going on alone.")
            return default
        if self._is_away:
            self._is_away = False
            await self._spare.close()
            log.warning("The shared memory is back.")
        return answer
