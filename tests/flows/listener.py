"""Listens to what jobs tell of their progress, as the API does: by their tags."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.events.clients import PrefectEventSubscriber
from prefect.events.filters import EventFilter, EventNameFilter, EventRelatedFilter
from prefect.events.schemas.events import Event

from flows.progress import EVENT

START_S = 20.0


@contextmanager
def heard(api_url: str, tag: str) -> Iterator[queue.Queue[Event]]:
    """The events of progress of the runs with this tag, from now until the body ends."""
    events: queue.Queue[Event] = queue.Queue()
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    wanted = EventFilter(
        event=EventNameFilter(name=[EVENT]), related=EventRelatedFilter(id=[f"prefect.tag.{tag}"])
    )

    async def listen() -> None:
        async with PrefectEventSubscriber(api_url, wanted) as subscriber:
            ready.set()
            async for event in subscriber:
                events.put(event)

    listening = loop.create_task(listen())

    def work() -> None:
        try:
            loop.run_until_complete(listening)
        except asyncio.CancelledError:
            loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(START_S), "Prefect's events cannot be subscribed to."
        yield events
    finally:
        loop.call_soon_threadsafe(listening.cancel)
        thread.join()
