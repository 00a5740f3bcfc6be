"""The embedded server rings when a run is scheduled, and the machine's workers ask at once.

The bell is a file, rung by changing its time: whoever listens keeps no connection, and misses
nothing that was rung while it was busy.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

#: Names the bell's file to the server and to workers; without it workers ask at every turn.
VARIABLE: Final = "REELWRIGHT_BELL"
#: The requests of Prefect's API that may schedule a run for now.
_SCHEDULES: Final = re.compile(
    r"/api/(deployments/[^/]+/create_flow_run(/bulk)?|flow_runs/([^/]+/(resume|set_state))?)"
)
_IS_SCHEDULED: Final = b'"SCHEDULED"'

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Bell:
    """One of any number of ringers and listeners at a file, whose directory is there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._heard_ns = 0

    def ring(self) -> None:
        # Who hears nothing asks a little later.
        with contextlib.suppress(OSError):
            self._file.touch()

    def rang(self) -> bool:
        """Whether it was rung since `hear`."""
        return self._rung_ns() != self._heard_ns

    def hear(self) -> None:
        """Take note of all that was rung until now."""
        self._heard_ns = self._rung_ns()

    def _rung_ns(self) -> int:
        try:
            return self._file.stat().st_mtime_ns
        except OSError:
            return 0


def bell_of(environment: Mapping[str, str]) -> Bell | None:
    """The bell that is named there, if one is."""
    named = environment.get(VARIABLE, "")
    return Bell(Path(named)) if named else None


def ringing(app: App, ring: Callable[[], None]) -> App:
    """`app`, which is Prefect's, with a ring before it answers that a run is scheduled."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _SCHEDULES.fullmatch(scope["path"]):
            await app(scope, receive, send)
            return

        async def look(message: Message) -> None:
            if _IS_SCHEDULED in message.get("body", b""):
                ring()
            await send(message)

        await app(scope, receive, look)

    return serve


def uncompressed(app: App) -> App:
    """`app` for clients on the same machine, who gain nothing by gzip at its highest level."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return serve
