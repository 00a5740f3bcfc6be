"""Calls wait for their turn on Prefect's own limits; retries wait outside of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from deployments.limits import PIXABAY_AT_ONCE, PIXABAY_PER_S, ensure_limits
from flows.paying import paid_by
from flows.turns import turn
from reels.cloud.charges import paid_call
from reels.errors import RateLimited, TransientFailure, Unavailable
from reels.settings import ProviderSettings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_environment", "data_dir")]


class Meter:
    """Counts what is inside at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1


def side_by_side(threads: int, work: Callable[[int], int], count: int) -> list[int]:
    """Threads that know this test's server: Prefect keeps its settings in the context."""
    contexts = [copy_context() for _ in range(count)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda number: contexts[number].run(work, number), range(count)))


def slots(name: str) -> int:
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(name).active_slots


def test_no_more_than_the_limit_call_at_once_and_all_get_their_turn() -> None:
    ensure_limits(ProviderSettings(gemini_concurrency=2))
    meter = Meter()

    def call(number: int) -> int:
        with turn("gemini"), meter.inside():
            time.sleep(0.1)
            return number

    assert side_by_side(6, call, 8) == list(range(8))
    assert meter.most == 2
    assert slots("gemini") == 0


def test_a_failed_call_gives_its_slot_back_before_the_wait_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ensure_limits(ProviderSettings())
    held: list[int] = []
    monkeypatch.setattr("flows.patience.time.sleep", lambda _s: held.append(slots("elevenlabs")))
    failures = [RateLimited("elevenlabs", "Slower."), TransientFailure("elevenlabs", "503.")]

    def work() -> str:
        with paid_call("elevenlabs", "m", "speech", expected={}):
            assert slots("elevenlabs") == 1
            if failures:
                raise failures.pop()
        return "spoken"

    assert paid_by(None, work) == "spoken"
    assert held == [0, 0]


def test_what_asks_no_service_takes_no_slot_and_needs_no_server() -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert paid_by(None, lambda: "drawn") == "drawn"


def test_a_service_whose_limit_is_not_there_is_called_all_the_same() -> None:
    with turn("nobody-limits-this"):
        pass


def test_without_a_server_a_call_is_not_made() -> None:
    updates = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with (
        temporary_settings(updates),
        pytest.raises(Unavailable, match="could not be called"),
        turn("gemini-elsewhere"),
    ):
        pytest.fail("the call was made")


def test_limits_that_ops_have_edited_stay_unless_the_environment_chooses() -> None:
    ensure_limits(ProviderSettings(pexels_concurrency=7))
    ensure_limits(ProviderSettings())
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name("pexels").limit == 7
        ensure_limits(ProviderSettings(pexels_concurrency=3))
        assert client.read_global_concurrency_limit_by_name("pexels").limit == 3


def test_pixabay_gets_at_most_a_hundred_calls_in_any_minute() -> None:
    ensure_limits(ProviderSettings())
    with get_client(sync_client=True) as client:
        rate = client.read_global_concurrency_limit_by_name("pixabay-rate")
    assert (rate.limit, rate.slot_decay_per_second) == (PIXABAY_AT_ONCE, PIXABAY_PER_S)
    assert rate.limit + 60 * rate.slot_decay_per_second <= 100
    began = time.monotonic()
    side_by_side(4, _call_pixabay, 13)
    assert time.monotonic() - began >= (13 - PIXABAY_AT_ONCE - 1) / PIXABAY_PER_S


def _call_pixabay(number: int) -> int:
    with turn("pixabay"):
        return number
