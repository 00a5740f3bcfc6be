"""How a task calls a provider: on the job's books, in its turn, with patience.

A provider that asks no service takes no slot, writes no charge and costs nothing: turns
and books are taken where a paid call is made (`reels.cloud.charges.paid_call`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from blocks.credentials import access_from_block
from flows.books import Payer, books_of
from flows.heart import fence
from flows.patience import patiently
from flows.turns import turn
from reels.cloud.access import add_source
from reels.cloud.charges import keep_books, take_turns
from reels.errors import StoreError

T = TypeVar("T")


def asked_patiently(call: Callable[[], T]) -> T:
    """What a call to a service returns, at the first attempt that succeeds.

    A store that does not take the charge has been waited for already; the call was paid for,
    and is not made again because of it.

    Raises:
        the last attempt's error, as soon as it is not worth another.
    """
    return patiently(call, but=(StoreError,))


def paid_by(payer: Payer | None, work: Callable[[], T]) -> T:
    """What `work` makes. It is tried again when that may help, so it MUST do one attempt.

    What is done after the call, such as storing what it brought, belongs after this, so that
    it is not paid for again.

    Raises:
        BudgetExceeded: before the call that would pass the payer's budget.
        ReelsError: the provider's error, when no further attempt is worth while.
    """
    with on_the_books_of(payer):
        return asked_patiently(work)


@contextmanager
def on_the_books_of(payer: Payer | None) -> Iterator[None]:
    """Set where the work runs: context does not cross into Prefect's task threads."""
    add_source(access_from_block)
    fence()
    with take_turns(turn):
        if payer is None:
            yield
            return
        with keep_books(books_of(payer), payer.scene):
            yield
