"""What calls to paid services cost, metered where they are made.

A provider wraps each paid call:

    with paid_call("gemini", model, "storyboard", expected={"output_token": 4000}) as bill:
        reply = client.models.generate_content(...)
        bill.add({"input_token": 812, "output_token": 2210}, request_id=...)

`paid_call` first asks the budget for the expected price, then waits for its turn
(`take_turns`), and hands the charge to whoever keeps the books (`keep_books`) as soon as
the call is over, also when it failed, with or without units. Without books nothing is kept
and nothing is refused; without turns nothing is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, Protocol

from pydantic import Field

from reels.cloud.prices import price_usd
from reels.models import Model
from reels.observing.tracing import span

#: The folder of a job that its charges lie in, each as a file of JSON.
CHARGES = "charges"

Operation = Literal[
    "storyboard", "ideas", "text", "picture", "speech", "music", "effect", "alignment", "stock"
]


class Charge(Model):
    """One call. `units` are what the service counted, by `reels.cloud.prices`; a call that
    failed may have none."""

    service: str
    model: str
    operation: Operation
    units: dict[str, float]
    cost_usd: float = Field(ge=0)
    at: datetime
    scene: int | None = None
    request_id: str = ""
    succeeded: bool = True


class Books(Protocol):
    """Keeps a job's charges and guards its budget."""

    def reserve(self, expected_usd: float, what: str) -> AbstractContextManager[None]:
        """Hold the expected price while the call runs.

        Raises:
            BudgetExceeded: the job's budget would be passed.
        """
        ...

    def enter(self, charge: Charge) -> None:
        """Keep a charge, durably."""
        ...


class Bill:
    """Gathers what one call cost."""

    def __init__(self) -> None:
        self.units: dict[str, float] = {}
        self.request_id = ""

    def add(self, units: Mapping[str, float], *, request_id: str = "") -> None:
        """The service counted this; may be called more than once."""
        for unit, count in units.items():
            self.units[unit] = self.units.get(unit, 0) + count
        self.request_id = request_id or self.request_id


#: Gives a call to a service its turn: waits, and holds the turn while the body runs.
Turn = Callable[[str], AbstractContextManager[None]]

_turn: ContextVar[Turn] = ContextVar("turn", default=lambda _service: nullcontext())
_books: ContextVar[Books | None] = ContextVar("books", default=None)
_scene: ContextVar[int | None] = ContextVar("scene", default=None)


@contextmanager
def keep_books(books: Books, scene: int | None = None) -> Iterator[None]:
    """Let the paid calls of the body, in this thread or task, be entered in `books`."""
    tokens = _books.set(books), _scene.set(scene)
    try:
        yield
    finally:
        _books.reset(tokens[0])
        _scene.reset(tokens[1])


@contextmanager
def take_turns(turn: Turn) -> Iterator[None]:
    """Let each paid call of the body, in this thread or task, wait for its turn."""
    token = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(token)


@contextmanager
def paid_call(
    service: str, model: str, operation: Operation, *, expected: Mapping[str, float]
) -> Iterator[Bill]:
    """Guard and meter one call; see the module's docstring.

    Raises:
        BudgetExceeded: before the body runs.
    """
    about = {"reelwright.service": service, "reelwright.model": model}
    with (
        span(f"{operation} by {service}", "client", **about),
        _metered(service, model, operation, expected) as bill,
    ):
        yield bill


@contextmanager
def _metered(
    service: str, model: str, operation: Operation, expected: Mapping[str, float]
) -> Iterator[Bill]:
    books, turn, bill = _books.get(), _turn.get(), Bill()
    if books is None:
        with turn(service):
            yield bill
        return
    expected_usd = price_usd(service, model, expected)
    with books.reserve(expected_usd, f"a {operation} by {service} {model}"), turn(service):
        succeeded = False
        try:
            yield bill
            succeeded = True
        finally:
            books.enter(_charge(service, model, operation, bill, succeeded))


def _charge(service: str, model: str, operation: Operation, bill: Bill, succeeded: bool) -> Charge:
    return Charge(
        service=service,
        model=model,
        operation=operation,
        units=bill.units,
        cost_usd=price_usd(service, model, bill.units),
        at=datetime.now(UTC),
        scene=_scene.get(),
        request_id=bill.request_id,
        succeeded=succeeded,
    )
