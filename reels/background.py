"""Work beside the caller's own, which can be left alone when it is not wanted any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Runs `work` in a thread of its own, from now on.

    Unlike an executor it may be left while the work goes on. A program waits at its end: a
    thread that is cut off inside native code may take the whole program down.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._future: Future[T] = Future()
        threading.Thread(target=self._run, args=(work,)).start()

    def result(self) -> T:
        """Wait for the end; returns what the work returned, or raises what it raised."""
        return self._future.result()

    def raise_if_failed(self) -> None:
        """Raise what the work has raised so far; does not wait."""
        if self._future.done():
            self._future.result()

    def _run(self, work: Callable[[], T]) -> None:
        try:
            self._future.set_result(work())
        except BaseException as error:
            self._future.set_exception(error)
