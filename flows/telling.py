"""Telling how far some work is, from a thread beside it that it never waits for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from prefect.futures import PrefectFuture

from reels.progress import OnShare, Tally

logger = logging.getLogger(__name__)

#: Nothing is told again before.
EVERY_S = 1.0


@contextmanager
def telling(
    tell: OnShare, look: Callable[[Tally], None] | None = None, *, to_the_end: bool = False
) -> Iterator[Tally]:
    """A tally for the body, whose share `tell` gets: at once, then every `EVERY_S` at most.

    `look` counts what others have done; it is called as often. Both may take their time and
    may fail: the body goes on, and neither is waited for when it ends. With `to_the_end` a
    body that has succeeded is told as done.
    """
    tally, over = Tally(), threading.Event()
    work = _Work(tally, over, tell, look)
    # A copy: Prefect and our settings find in it whose run this is.
    threading.Thread(
        target=copy_context().run, args=(work.run,), daemon=True, name="telling"
    ).start()
    try:
        yield tally
        work.tell_end = to_the_end
    finally:
        over.set()
        tally.changed.set()


def follow(tally: Tally, futures: Iterable[PrefectFuture[Any]]) -> None:
    """Count each of these as one piece, when it has ended."""
    for future in futures:
        tally.expect(future.task_run_id)
        count_at_end(tally, future.task_run_id, future)


def count_at_end(tally: Tally, piece: Hashable, future: PrefectFuture[Any]) -> None:
    """Count the piece when the future has ended, whatever came of it."""
    future.add_done_callback(lambda _: tally.count(piece))


class _Work:
    """What the thread does."""

    def __init__(
        self,
        tally: Tally,
        over: threading.Event,
        tell: OnShare,
        look: Callable[[Tally], None] | None,
    ) -> None:
        self._tally = tally
        self._over = over
        self._tell = tell
        self._look = look
        self.tell_end = False

    def run(self) -> None:
        while True:
            self._tally.changed.wait(EVERY_S if self._look else None)
            self._tally.changed.clear()
            if self._over.is_set():
                break
            self._safely(self._once)
            self._over.wait(EVERY_S)
        if self.tell_end:
            self._safely(lambda: self._tell(1.0))

    def _once(self) -> None:
        if self._look:
            self._look(self._tally)
        if not self._over.is_set():
            self._tell(self._tally.share)

    def _safely(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception as error:
            logger.debug("Could not tell how far it is: %s", error)
