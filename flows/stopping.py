"""Work in threads that ends when the flow around it ends: a failure or a cancel stops it all.

A run that is cancelled gets SIGTERM, which Prefect raises in the flow's own thread; its
tasks' threads know nothing of it and the run could end only when they have ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ended: ContextVar[threading.Event | None] = ContextVar("ended", default=None)


@contextmanager
def tasks_end_with_this() -> Iterator[None]:
    """Tasks that are submitted inside see `ended()` set as soon as the body fails."""
    event = threading.Event()
    token = _ended.set(event)
    try:
        yield
    except BaseException:
        event.set()
        raise
    finally:
        _ended.reset(token)


def ended() -> threading.Event:
    """Set when what submitted this task has failed or was cancelled; else it never is."""
    return _ended.get() or threading.Event()
