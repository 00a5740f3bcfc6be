"""One subscription to Prefect's events of jobs, which is opened again whenever it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final, Protocol

from prefect.events.clients import PrefectEventSubscriber

from api.jobs.job_events import Told, all_job_events, told_by
from api.metrics import EVENTS_CONNECTED

log = logging.getLogger("api")

#: How long to wait before the stream is opened again, one failure after the other.
AGAIN_S: Final = (0.2, 1.0, 2.0, 5.0)
#: Prefect takes a moment to serve a new subscription; what happens in it is told to nobody.
SETTLE_S: Final = 1.0


class Listener(Protocol):
    """Whom the events are told. Both methods MUST return at once."""

    def hear(self, told: Told) -> None:
        """An event has come."""
        ...

    def hear_of_gap(self) -> None:
        """Events may have been lost before now: of any job."""
        ...


class Hearing:
    """The subscription. Prefect may be away when it starts."""

    def __init__(self, api_url: str, listener: Listener) -> None:
        self._api_url = api_url
        self._listener = listener
        self._task: asyncio.Task[None] | None = None
        self._since: float | None = None

    @property
    def since(self) -> float | None:
        """From when on (Unix seconds) every event has been heard; None while they are away."""
        return self._since

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            self._since = None

    async def _listen(self) -> None:
        failures = 0
        while True:
            settling: asyncio.TimerHandle | None = None
            try:
                async with PrefectEventSubscriber(
                    self._api_url, all_job_events(), reconnection_attempts=0
                ) as events:
                    if failures:
                        log.warning("Prefect's events are back.")
                    failures = 0
                    self._listener.hear_of_gap()
                    settling = asyncio.get_running_loop().call_later(SETTLE_S, self._settle)
                    async for event in events:
                        if told := told_by(event):
                            self._listener.hear(told)
            # Of the stream anything may come; those who listen are told when it is back.
            except Exception as error:
                if not failures:
                    log.warning("Prefect's events are away (%s).", type(error).__name__)
            finally:
                self._since = None
                EVENTS_CONNECTED.labels("live").set(0)
                if settling is not None:
                    settling.cancel()
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1

    def _settle(self) -> None:
        self._since = time.time()
        EVENTS_CONNECTED.labels("live").set(1)
        self._listener.hear_of_gap()
