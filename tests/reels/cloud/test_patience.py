"""The one policy of when a failed call is tried again."""

from __future__ import annotations

import pytest

from reels.cloud.patience import Patience, patience
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    BudgetExceeded,
    ContentBlocked,
    InvalidInput,
    QuotaExceeded,
    RateLimited,
    StoreForbidden,
    StoreUnavailable,
    TransientFailure,
)

POLICY = Patience(attempts=5)


def refused(retry_after_s: float | None) -> RateLimited:
    return RateLimited("gemini", "Too fast.", retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("gemini", "Wrong key."),
        QuotaExceeded("gemini", "Used up."),
        ContentBlocked("gemini", "Refused."),
        BadOutput("gemini", "Nonsense."),
        InvalidInput("voice", "No such voice."),
        BudgetExceeded("Too dear."),
        StoreForbidden("Wrong key."),
        KeyError("x"),
    ],
)
def test_what_would_fail_again_is_not_tried_again(error: Exception) -> None:
    assert POLICY.wait_s(error, 1) is None


@pytest.mark.parametrize(
    "error", [TransientFailure("gemini", "503."), refused(None), StoreUnavailable("Away.")]
)
def test_waits_double_and_are_drawn_from_the_whole_span(error: Exception) -> None:
    longest = [POLICY.wait_s(error, failed, lambda: 1.0) for failed in (1, 2, 3, 4)]
    assert longest == [1, 2, 4, 8]
    assert POLICY.wait_s(error, 3, lambda: 0.0) == 0


def test_no_wait_is_longer_than_the_longest() -> None:
    policy = Patience(attempts=10, longest_s=20)
    assert policy.wait_s(refused(None), 9, lambda: 1.0) == 20


def test_the_last_attempt_is_the_last() -> None:
    assert POLICY.wait_s(refused(None), 4) is not None
    assert POLICY.wait_s(refused(None), 5) is None


def test_a_services_own_delay_is_never_undercut() -> None:
    assert POLICY.wait_s(refused(7.0), 1, lambda: 0.0) == 7
    assert POLICY.wait_s(refused(7.0), 1, lambda: 1.0) == 8


def test_a_service_that_asks_for_more_than_a_minute_is_given_up() -> None:
    assert POLICY.wait_s(refused(60.0), 1) is not None
    assert POLICY.wait_s(refused(61.0), 1) is None


def test_the_settings_say_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_ATTEMPTS", "2")
    assert patience().wait_s(refused(None), 2) is None
