"""The oracle tells a call that was paid twice from one that a strike cut off."""

from __future__ import annotations

import pytest

from deployments.fake_cloud.state import Call
from tests.faults.house import NotSurvived
from tests.faults.oracle import KEEPING_S, judge_payments


def call(at_s: float, asked: str = "a line", status: int = 200) -> Call:
    return Call(
        service="elevenlabs", operation="speech", status=status, at_s=at_s, took_s=1.0, asked=asked
    )


def test_different_calls_and_those_that_failed_are_not_paid_twice() -> None:
    seen = judge_payments([call(0, status=503), call(1), call(2, "another")], [], 2)
    assert seen == "2 calls paid, 0 again of 0 cut off by a strike"


@pytest.mark.parametrize("strike", [(10.5, 10.6), (10.5, 90.0), (11.5, 11.5), (0.0, 10.1)])
def test_a_call_that_was_under_way_when_something_was_struck_may_be_paid_again(
    strike: tuple[float, float],
) -> None:
    judge_payments([call(10), call(100)], [strike], 1)


@pytest.mark.parametrize("strike", [(9.0, 9.5), (11.1 + KEEPING_S, 60.0)])
def test_one_that_was_over_may_not(strike: tuple[float, float]) -> None:
    with pytest.raises(NotSurvived, match="1 again of 0"):
        judge_payments([call(10), call(100)], [strike], 2)


def test_of_one_that_was_cut_off_one_may_be_paid_again() -> None:
    with pytest.raises(NotSurvived, match="2 again of 1"):
        judge_payments([call(10), call(100), call(200)], [(10.5, 10.5)], 3)


@pytest.mark.parametrize("charges", [1, 3])
def test_what_is_paid_and_not_in_the_books_is_seen_and_the_reverse(charges: int) -> None:
    with pytest.raises(NotSurvived, match=f"{charges} charged"):
        judge_payments([call(0), call(5, "another")], [], charges)
