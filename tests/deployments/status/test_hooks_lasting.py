"""What a webhook waits for outlives receivers, processes and stores that are away."""

from __future__ import annotations

from uuid import uuid4

from blocks.local_store import LocalStore
from reels.errors import StoreUnavailable
from reels.webhooks.registry import Registry
from tests.deployments.conftest import until
from tests.deployments.status.hooks_kit import KINDS, STATUSES, Bench, change, tell
from tests.receiver_kit import receiving


def test_a_receiver_that_comes_back_after_hours_gets_all_in_order_at_once(bench: Bench) -> None:
    """Its retries wait long by then, but the first that is taken hurries the rest."""
    with receiving() as away:
        port = away.port
        bench._hosts.add(away.host)
        webhook = bench.register(away)
    jobs = [uuid4() for _ in range(5)]
    hooks = bench.start(webhook_retry_s=0.5)
    tell(hooks, jobs)
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    back = bench.receiver(port)
    back.wait(lambda: len(back.taken) == len(jobs) * len(KINDS))
    assert all(back.kinds_of(job) == KINDS for job in jobs)
    assert Registry(bench.store, "ada").find(webhook.id).is_on


def test_what_waits_outlives_the_process_and_comes_with_the_same_ids(bench: Bench) -> None:
    receiver = bench.receiver()
    receiver.answer = lambda _: 500
    bench.register(receiver)
    jobs = [uuid4() for _ in range(3)]
    hooks = bench.start()
    tell(hooks, jobs)
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    receiver.wait(lambda: len(receiver.came) > 2)
    bench.stop()
    ids = {each.id for each in receiver.came}
    receiver.answer = lambda _: 204
    bench.start()
    receiver.wait(lambda: len(receiver.taken) == len(jobs) * len(KINDS))
    assert all(receiver.kinds_of(job) == KINDS for job in jobs)
    assert ids <= {each.id for each in receiver.taken}


def test_a_change_that_is_told_again_is_not_posted_again(bench: Bench) -> None:
    receiver = bench.receiver()
    bench.register(receiver)
    hooks, told = bench.start(), change(uuid4())
    for _ in range(3):
        hooks.add(told)
    last = change(uuid4())
    hooks.add(last)
    receiver.wait(lambda: len(receiver.taken) == 2)
    bench.stop()
    assert bench.pending() == 0
    assert sorted(each.job for each in receiver.came) == sorted(
        str(each.job_id) for each in (told, last)
    )


def test_a_second_process_waits_and_takes_over_when_the_first_is_gone(bench: Bench) -> None:
    receiver, jobs = bench.receiver(), [uuid4() for _ in range(3)]
    bench.register(receiver)
    first, second = bench.start(), bench.start()
    changes = [change(job, status) for status in STATUSES for job in jobs]
    half = len(changes) // 2
    for each in changes[:half]:
        first.add(each)
        second.add(each)
    receiver.wait(lambda: len(receiver.taken) == half)
    first.stop(5)
    for each in changes[half:]:
        second.add(each)
    receiver.wait(lambda: len(receiver.taken) == len(changes))
    assert len(receiver.came) == len(changes)
    assert all(receiver.kinds_of(job) == KINDS for job in jobs)


def test_while_the_store_is_away_nothing_is_lost_and_the_note_stays_behind(bench: Bench) -> None:
    receiver, job = bench.receiver(), uuid4()
    bench.register(receiver)
    is_away = True

    def open_store() -> LocalStore:
        if is_away:
            raise StoreUnavailable("The store is away.")
        return bench.store

    bench.open_store = open_store
    hooks = bench.start()
    first = change(job, "queued")
    hooks.add(first)
    assert hooks.pending_since() == first.changed_at
    is_away = False
    hooks.add(change(job, "ready"))
    receiver.wait(lambda: receiver.kinds_of(job) == ["video.queued", "video.ready"])
    assert hooks.pending_since() is None
