"""Of several who want the same at once, one fetches it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Flights(Generic[K, V]):
    """What is being fetched, by keys. Who gives up waiting does not end it for the others."""

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[V]] = {}

    async def join(self, key: K, fetch: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """What is on its way under `key`, or what `fetch` brings; with its errors."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(fetch())
            task.add_done_callback(partial(self._land, key))
        return await asyncio.shield(task)

    def leave(self, key: K) -> None:
        """What is on its way may be out of date: who comes from now on fetches anew."""
        self._tasks.pop(key, None)

    def leave_all(self) -> None:
        self._tasks.clear()

    def _land(self, key: K, task: asyncio.Task[V]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        # Nobody may be waiting any more; asyncio would complain of an error that none has seen.
        if not task.cancelled():
            task.exception()
