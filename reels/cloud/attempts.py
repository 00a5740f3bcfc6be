"""Attempts of single calls, where work makes several: none is paid for twice because of another.

Work that makes one call may as well be tried again as a whole. Work that speaks ten lines
calls each of them by `tried`; whoever runs it says with `try_by` how often. Without that
everything is tried once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

#: Returns what the call returns, after as many attempts as are worth it.
Trying = Callable[[Callable[[], Any]], Any]

_trying: ContextVar[Trying] = ContextVar("trying", default=lambda call: call())


@contextmanager
def try_by(trying: Trying) -> Iterator[None]:
    """Let each call of the body, in this thread or task, be tried by this."""
    token = _trying.set(trying)
    try:
        yield
    finally:
        _trying.reset(token)


def tried(call: Callable[[], T]) -> T:
    """What the call brings. It MUST be one attempt, and do nothing else.

    Raises:
        the last attempt's error.
    """
    found: T = _trying.get()(call)
    return found
