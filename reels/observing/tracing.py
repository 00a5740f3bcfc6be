"""Spans: what took how long within what. Nothing is recorded until a tracer is set.

A tracer (`reels.observing.otlp`) is set by `reels.observing.starting`. Attributes are names,
numbers and states; never words of anybody's, addresses with queries, or headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

Value = str | int | float | bool
#: A `consumer` does a job that was asked for elsewhere: whatever its process does is within it.
Kind = Literal["server", "client", "consumer", "internal"]


class Span(Protocol):
    """Something that takes its time."""

    def set(self, name: str, value: Value) -> None:
        """Say more about it."""
        ...

    def rename(self, name: str) -> None:
        """Its name is known only now."""
        ...

    def failed(self, reason: str) -> None:
        """It has not done what it was to do; `reason` is the name of an error or a status."""
        ...


class Tracer(Protocol):
    """Records spans."""

    def span(
        self, name: str, kind: Kind, parent: str, attributes: dict[str, Value]
    ) -> AbstractContextManager[Span]:
        """A span as long as the body; within `parent`, a W3C traceparent, if that is given."""
        ...

    def stage(self, name: str) -> None:
        """End this process's stage, and begin the one of that name, if it has one."""
        ...

    def traceparent(self) -> str:
        """Where we are, for others to go on from; empty when nowhere."""
        ...

    def flush(self, timeout_s: float) -> None:
        """Send what has been recorded."""
        ...


class _Unrecorded:
    def set(self, name: str, value: Value) -> None:
        """Nobody wants to know."""

    def rename(self, name: str) -> None:
        """Nobody wants to know."""

    def failed(self, reason: str) -> None:
        """Nobody wants to know."""


UNRECORDED: Span = _Unrecorded()
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Record spans there from now on."""
    global _tracer
    _tracer = tracer


def is_on() -> bool:
    return _tracer is not None


@contextmanager
def span(
    name: str, kind: Kind = "internal", parent: str = "", **attributes: Value
) -> Iterator[Span]:
    """A span as long as the body, failed when that raises."""
    if _tracer is None:
        yield UNRECORDED
        return
    with _tracer.span(name, kind, parent, attributes) as recorded:
        yield recorded


def stage(name: str) -> None:
    """This process's job enters a stage; an empty name ends the last one."""
    if _tracer is not None:
        _tracer.stage(name)


def traceparent() -> str:
    """Where we are in the trace, as W3C Trace Context writes it; empty when in none."""
    return "" if _tracer is None else _tracer.traceparent()


def flush(timeout_s: float) -> None:
    """Send what has been recorded, within that time."""
    if _tracer is not None:
        _tracer.flush(timeout_s)
