"""Short-lived state that API processes may share: their own memory, or Redis."""

from __future__ import annotations

from api.memory.base import Memory
from api.memory.own import OwnMemory
from api.memory.redis import RedisMemory
from reels.settings import CacheSettings


def memory_of(settings: CacheSettings) -> Memory:
    """The memory that VIDEO_SERVICE_CACHE_URL names."""
    url = settings.cache_url.get_secret_value()
    return RedisMemory(url) if url else OwnMemory()


__all__ = ["Memory", "OwnMemory", "RedisMemory", "memory_of"]
