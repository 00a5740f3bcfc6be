"""A job's books: every charge in the store at once, and no call beyond the budget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocks.local_store import LocalStore
from flows.books import JobBooks, Payer, books_of
from reels.cloud.charges import Charge
from reels.errors import BudgetExceeded, StoreForbidden, StoreUnavailable


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path, public_url="http://127.0.0.1", secret=b"s")


def books(store: LocalStore, budget_usd: float | None = None) -> JobBooks:
    return JobBooks(store, "ada", "job-1", budget_usd)


def charge(cost_usd: float, scene: int | None = None) -> Charge:
    return Charge(
        service="gemini",
        model="m",
        operation="picture",
        units={"picture": 1},
        cost_usd=cost_usd,
        at=datetime.now(UTC),
        scene=scene,
    )


def test_a_charge_is_in_the_store_before_enter_returns(store: LocalStore) -> None:
    books(store).enter(charge(0.25, scene=2))
    (ref,) = store.list("videos/ada/job-1/charges")
    assert Charge.model_validate_json(store.read(ref.key)).scene == 2


def test_a_job_that_is_entered_again_counts_what_it_had_spent(store: LocalStore) -> None:
    books(store).enter(charge(0.75))
    again = books(store, budget_usd=1.0)
    with again.reserve(0.25, "a picture"):
        pass
    with (
        pytest.raises(BudgetExceeded, match=r"\$0.7500 are spent, and a picture takes"),
        again.reserve(0.26, "a picture"),
    ):
        pytest.fail("the call was made")


def test_what_another_process_entered_is_in_the_sum(store: LocalStore) -> None:
    ours, theirs = books(store), books(store)
    ours.enter(charge(0.1))
    theirs.enter(charge(0.2))
    assert sorted(each.cost_usd for each in ours.charges()) == [0.1, 0.2]


def test_without_a_budget_nothing_is_refused(store: LocalStore) -> None:
    with books(store).reserve(1e6, "a feature film"):
        pass


def test_calls_on_their_way_are_waited_for_not_refused(store: LocalStore) -> None:
    """Two calls that are expected to pass the budget together both fit when the first is cheap."""
    kept = books(store, budget_usd=1.0)
    under_way, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with kept.reserve(0.7, "the first"):
            under_way.set()
            assert go_on.wait(10)
            kept.enter(charge(0.2))

    def second() -> str:
        with kept.reserve(0.7, "the second"):
            return "made"

    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(first)
        assert under_way.wait(10)
        other = threads.submit(second)
        go_on.set()
        waiting.result()
        assert other.result() == "made"


def test_however_many_call_at_once_the_budget_is_not_passed(store: LocalStore) -> None:
    kept = books(store, budget_usd=1.0)

    def call(_number: int) -> bool:
        try:
            with kept.reserve(0.1, "a call"):
                kept.enter(charge(0.1))
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(call, range(24)))
    assert made.count(True) == 10


def test_a_store_that_is_away_for_a_moment_loses_no_charge(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, failures = store.put, [StoreUnavailable("Away.")]

    def shaky(key: str, source: Path | bytes, media_type: str | None = None) -> object:
        if failures:
            raise failures.pop()
        return put(key, source, media_type)

    monkeypatch.setattr(store, "put", shaky)
    monkeypatch.setattr("flows.patience.time.sleep", lambda _s: None)
    books(store).enter(charge(0.1))
    assert len(store.list("videos/ada/job-1/charges")) == 1


def test_what_the_store_could_not_keep_is_not_paid_for(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_key: str) -> object:
        raise StoreForbidden("Wrong key.")

    monkeypatch.setattr(store, "head", refuse)
    with pytest.raises(StoreForbidden), books(store).reserve(0.1, "it"):
        pytest.fail("the call was made")


@pytest.mark.usefixtures("data_dir")
def test_all_threads_of_a_process_share_a_jobs_books() -> None:
    payer = Payer(user_id="ada", job_id="job-2", budget_usd=3.0)
    assert books_of(payer) is books_of(payer.of_scene(4))


@pytest.mark.usefixtures("data_dir")
def test_the_budget_that_was_told_last_counts() -> None:
    payer = Payer(user_id="ada", job_id="job-3", budget_usd=1.0)
    with pytest.raises(BudgetExceeded, match="Retry the job"), books_of(payer).reserve(2, "it"):
        pytest.fail("the call was made")
    with books_of(payer.model_copy(update={"budget_usd": 2.5})).reserve(2, "it"):
        pass
