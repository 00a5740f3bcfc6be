"""The status sinks that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.settings import StatusSettings
from reels.sinks.base import StatusChange, StatusSink
from reels.sinks.postgres import PostgresSink
from reels.sinks.webhook import WebhookSink

#: Each makes its sink, or None when the settings do not ask for it.
SINKS: tuple[Callable[[StatusSettings], StatusSink | None], ...] = (
    PostgresSink.configured,
    WebhookSink.configured,
)

__all__ = ["SINKS", "StatusChange", "StatusSink", "configured_sinks"]


def configured_sinks(settings: StatusSettings | None = None) -> tuple[StatusSink, ...]:
    """The sinks that the settings ask for. Nothing is connected yet."""
    settings = settings or StatusSettings()
    made = (make(settings) for make in SINKS)
    return tuple(sink for sink in made if sink is not None)
