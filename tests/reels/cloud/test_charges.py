"""Paid calls are metered where they are made, in their turn and on the books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reels.cloud.charges import Charge, keep_books, paid_call, take_turns
from reels.cloud.costs import costs_of, total_usd
from reels.cloud.prices import price_usd
from reels.errors import BudgetExceeded, RateLimited

MODEL = "gemini-3.8-flash"


class Notebook:
    """Books that note all that happens, in order."""

    def __init__(self, budget_usd: float = 1.0) -> None:
        self.happened: list[str] = []
        self.charges: list[Charge] = []
        self._budget_usd = budget_usd

    @contextmanager
    def reserve(self, expected_usd: float, what: str) -> Iterator[None]:
        if expected_usd > self._budget_usd:
            raise BudgetExceeded(f"{what} is too dear.")
        self.happened.append("reserved")
        yield
        self.happened.append("settled")

    def enter(self, charge: Charge) -> None:
        self.happened.append("entered")
        self.charges.append(charge)

    @contextmanager
    def turn(self, service: str) -> Iterator[None]:
        self.happened.append(f"turn at {service}")
        try:
            yield
        finally:
            self.happened.append("turn over")


def call(units: dict[str, float], error: Exception | None = None) -> None:
    with paid_call("gemini", MODEL, "storyboard", expected={"output_token": 1000}) as bill:
        bill.add(units, request_id="r1")
        if error:
            raise error


def test_a_call_is_reserved_then_waits_for_its_turn_then_is_charged() -> None:
    books = Notebook()
    with keep_books(books, scene=3), take_turns(books.turn):
        call({"input_token": 10, "output_token": 20})
    assert books.happened == ["reserved", "turn at gemini", "entered", "turn over", "settled"]
    (charge,) = books.charges
    assert (charge.scene, charge.succeeded, charge.request_id) == (3, True, "r1")
    assert charge.cost_usd == price_usd("gemini", MODEL, {"input_token": 10, "output_token": 20})


@pytest.mark.parametrize("units", [{}, {"input_token": 10.0}])
def test_a_call_that_failed_is_entered_with_what_was_counted(units: dict[str, float]) -> None:
    books = Notebook()
    with keep_books(books), pytest.raises(RateLimited):
        call(units, RateLimited("gemini", "Too fast."))
    (charge,) = books.charges
    assert not charge.succeeded
    assert charge.cost_usd == price_usd("gemini", MODEL, units)


def test_a_call_that_would_pass_the_budget_is_not_made_and_waits_for_no_turn() -> None:
    books = Notebook(budget_usd=0.0001)
    with keep_books(books), take_turns(books.turn), pytest.raises(BudgetExceeded):
        call({"input_token": 10})
    assert books.happened == []


def test_without_books_and_turns_a_call_is_simply_made() -> None:
    call({"input_token": 10})


def test_costs_are_added_up_by_scene_service_model_and_operation() -> None:
    books = Notebook()
    for scene, error in ((1, None), (1, RateLimited("gemini", "Too fast.")), (2, None)):
        with keep_books(books, scene=scene):
            try:
                call({} if error else {"output_token": 100}, error)
            except RateLimited:
                continue
    first, second = costs_of(books.charges)
    assert (first.scene, first.calls, first.failed, first.units) == (1, 2, 1, {"output_token": 100})
    assert (second.scene, second.calls, second.failed) == (2, 1, 0)
    assert total_usd([first.cost_usd, second.cost_usd]) == total_usd(
        charge.cost_usd for charge in books.charges
    )


def test_sums_have_no_noise_of_binary_fractions() -> None:
    assert total_usd([0.1] * 3) == 0.3
