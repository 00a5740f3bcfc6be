"""Prefect's server on SQLite without refusals, and without long waits, under concurrency."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa


def use_immediate_transactions() -> None:
    """Make SQLite take the write lock when a transaction begins, not at its first write.

    A deferred transaction that has read and then writes is refused at once when another
    has written in between; no busy timeout helps, and clients get 503. Reads that Prefect
    does outside of transactions stay so.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.server.database import configurations

    configuration: Any = getattr(configurations, "AioSqliteConfiguration", None)
    mode: Any = getattr(configurations, "SQLITE_BEGIN_MODE", None)
    if mode is None or not hasattr(configuration, "begin_sqlite_stmt"):
        raise _unknown_prefect()

    def begin_immediate(_self: object, connection: sa.Connection) -> None:
        if mode.get() is not None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    configuration.begin_sqlite_stmt = begin_immediate


def take_turns() -> None:
    """Let transactions wait for each other in the order in which they came.

    Left to SQLite, whoever finds the database locked looks again after up to 100 ms, and
    others slip in meanwhile: of eight that write, some wait for a second.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.server.database import configurations

    configuration: Any = getattr(configurations, "AioSqliteConfiguration", None)
    begin: Any = getattr(configuration, "begin_transaction", None)
    if begin is None:
        raise _unknown_prefect()

    @asynccontextmanager
    async def begin_in_turn(
        self: object, session: Any, with_for_update: bool = False
    ) -> AsyncIterator[Any]:
        # The turn begins before the transaction and ends after it.
        async with turn(), begin(self, session, with_for_update=with_for_update) as transaction:
            yield transaction

    configuration.begin_transaction = begin_in_turn


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_has_turn: ContextVar[bool] = ContextVar("has_turn", default=False)


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """One at a time in each event loop. Who has it already, or its children, pass."""
    if _has_turn.get():
        yield
        return
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        token = _has_turn.set(True)
        try:
            yield
        finally:
            _has_turn.reset(token)


def _unknown_prefect() -> RuntimeError:
    return RuntimeError(
        "This release of Prefect begins SQLite transactions in another way, so the embedded "
        "server would refuse requests under load. Install the release that constraints.txt "
        "names, or adapt deployments/server.py."
    )
