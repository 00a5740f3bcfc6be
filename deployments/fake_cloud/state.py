"""What a fake cloud was asked, and what it shall do wrong."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import Field, JsonValue

from reels.models import Model


class Fault(Model):
    """One wrong answer. `body` is sent as JSON, or as it is when it is text.

    `hang` never answers, `reset` closes the connection in mid body, `every` N > 1 spares
    all but each Nth call as long as the fault is planned (it is then not used up).
    """

    kind: Literal["answer", "hang", "reset"] = "answer"
    status: int = 500
    headers: dict[str, str] = Field(default_factory=dict)
    body: JsonValue = None
    every: int = Field(default=1, ge=1)
    operation: str = ""


class Call(Model):
    """One call as the service counted it. Only calls of status 200 with `units` are charged.

    `asked` stands for the request's body: the same twice was asked, and paid for, twice.
    """

    service: str
    operation: str
    model: str = ""
    status: int = 200
    units: dict[str, float] = Field(default_factory=dict)
    at_s: float
    took_s: float = 0.0
    concurrent: int = 1
    key: str = ""
    asked: str = ""


class State:
    """Shared by all routes; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._steady: dict[str, list[Fault]] = defaultdict(list)
        self._seen: dict[str, int] = defaultdict(int)
        self._running: dict[str, int] = defaultdict(int)
        self.calls: list[Call] = []
        #: Seconds that every good answer takes, by service.
        self.delays_s: dict[str, float] = {}
        #: Hears of every call as it comes in: its service, its operation and its body.
        self.on_call: Callable[[str, str, bytes], None] | None = None
        #: The only keys that are taken; empty takes any.
        self.keys: dict[str, str] = {}

    def plan(self, service: str, faults: Iterable[Fault]) -> None:
        """Let the next calls of `service` go wrong, one fault each, in order."""
        with self._lock:
            for fault in faults:
                if fault.every > 1:
                    self._steady[service].append(fault)
                else:
                    self._faults[service].append(fault)

    def reset(self) -> None:
        """Forget calls and faults."""
        with self._lock:
            self._faults.clear()
            self._steady.clear()
            self._seen.clear()
            self.calls.clear()
            self.delays_s.clear()

    def next_fault(self, service: str, operation: str) -> Fault | None:
        """The fault of the call that comes in now, or None."""
        with self._lock:
            self._seen[service] += 1
            waiting = self._faults[service]
            for fault in waiting:
                if fault.operation in ("", operation):
                    waiting.remove(fault)
                    return fault
            for fault in self._steady[service]:
                if fault.operation in ("", operation) and self._seen[service] % fault.every == 0:
                    return fault
        return None

    @contextmanager
    def running(self, service: str) -> Iterator[int]:
        """Counts the calls of a service that run at once; gives their number."""
        with self._lock:
            self._running[service] += 1
            count = self._running[service]
        try:
            yield count
        finally:
            with self._lock:
                self._running[service] -= 1

    def note(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)

    def counted(self, service: str, operation: str = "") -> list[Call]:
        """The calls of a service that got an answer, in the order in which they ended."""
        with self._lock:
            return [
                call
                for call in self.calls
                if call.service == service and operation in ("", call.operation)
            ]


def now_s() -> float:
    return time.monotonic()
