"""A call to a service is tried again where that may help, and never paid for twice."""

from __future__ import annotations

import pytest

from flows.paying import paid_by
from reels.errors import StoreUnavailable, TransientFailure

pytestmark = pytest.mark.usefixtures("prefect_environment")


@pytest.mark.parametrize(
    ("error", "made"),
    [(TransientFailure("gemini", "503."), 2), (StoreUnavailable("It took no charge."), 1)],
    ids=["service", "store"],
)
def test_a_call_is_made_again_when_its_service_failed_and_not_when_the_store_did(
    error: Exception, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.patience.time.sleep", lambda _s: None)
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_ATTEMPTS", "2")
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        paid_by(None, work)
    assert len(calls) == made
