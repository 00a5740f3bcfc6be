"""Users' webhooks are told of every change, in order, each in its own time."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from blocks.local_store import LocalStore
from deployments.status.hooks import Hooks
from deployments.status.letters import Letters
from reels.addresses import Host
from reels.errors import StoreUnavailable
from reels.fetch import Net
from reels.settings import WebhookSettings
from reels.sinks.base import StatusChange
from reels.webhooks.registry import Registry, WantedWebhook, Webhook
from reels.webhooks.secrets import SecretBook
from tests.deployments.conftest import until
from tests.receiver_kit import Arrival, Receiver, is_signed_by, receiving
from tests.reels.attacks import HOSTILE_ANSWERS
from tests.reels.net_kit import PUBLIC, FakeNet

STATUSES = ["queued", "drafting", "assets", "audio", "subtitles", "rendering", "ready"]
KINDS = [f"video.{status}" for status in STATUSES]


def change(job: UUID, status: str = "queued", **more: Any) -> StatusChange:
    now = datetime.now(UTC)
    given = {"user_id": "ada", "created_at": now, "changed_at": now, **more}
    return StatusChange(id=uuid4(), job_id=job, status=status, **given)


class Bench:
    """Webhooks over a store, with receivers that are trusted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = LocalStore(folder / "store", public_url="http://api.test", secret=b"s")
        self.open_store: Callable[[], LocalStore] = lambda: self.store
        self._stack = ExitStack()
        self._hosts: set[Host] = set()
        self.running: list[Hooks] = []

    def receiver(self, port: int = 0) -> Receiver:
        made = self._stack.enter_context(receiving(port))
        self._hosts.add(made.host)
        return made

    def register(self, receiver: Receiver, user: str = "ada", **more: Any) -> Webhook:
        return Registry(self.store, user).add(WantedWebhook(url=receiver.url, **more))

    def start(self, net: Net | None = None, *, sweep_s: float = 60, **settings: Any) -> Hooks:
        given = WebhookSettings(**{"webhook_retry_s": 0.02, "webhook_timeout_s": 5, **settings})
        net = net or Net(frozenset(self._hosts))
        hooks = Hooks(
            self.folder, lambda: self.open_store(), given, net, sweep_s=sweep_s, known_for_s=0.1
        )
        self.running.append(hooks)
        return hooks

    def stop(self) -> None:
        while self.running:
            self.running.pop().stop(5)

    def close(self) -> None:
        self.stop()
        self._stack.close()

    def pending(self) -> int:
        letters = Letters(self.folder)
        try:
            return letters.count()
        finally:
            letters.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def tell(hooks: Hooks, jobs: list[UUID], **more: Any) -> None:
    """The whole life of every job, all at the same time."""
    for status in STATUSES:
        for job in jobs:
            hooks.add(change(job, status, **more))


def test_a_change_arrives_signed_with_all_that_is_to_be_known_of_it(bench: Bench) -> None:
    receiver, job = bench.receiver(), uuid4()
    bench.register(receiver)
    told = change(job, "ready", video_url="http://x/ролик.mp4", webhook_url=None)
    bench.start().add(told)
    receiver.wait(lambda: len(receiver.taken) == 1)
    [came] = receiver.taken
    assert is_signed_by(SecretBook(bench.store, "ada").read().secret, came.headers, came.body)
    stamp = told.model_dump(mode="json")["changed_at"]
    assert came.message == {
        "type": "video.ready",
        "timestamp": stamp,
        "data": {
            "job_id": str(job),
            "user_id": "ada",
            "status": "ready",
            "short_status": "completed",
            "video_url": "http://x/ролик.mp4",
            "error_message": None,
            "created_at": stamp,
            "changed_at": stamp,
        },
    }


def test_each_jobs_changes_arrive_in_order_though_the_receiver_fails_at_random(
    bench: Bench,
) -> None:
    """Each message up to three times."""
    first, second = bench.receiver(), bench.receiver()
    refusals: dict[str, int] = {}

    def answer(arrival: Arrival) -> int:
        left = refusals.setdefault(arrival.id, random.choice([0, 0, 1, 3]))
        refusals[arrival.id] = left - 1
        return random.choice([500, 503, 404, 302]) if left > 0 else 204

    for receiver in (first, second):
        receiver.answer = answer
        bench.register(receiver)
    jobs = [uuid4() for _ in range(8)]
    tell(bench.start(webhook_retry_s=0.005), jobs)
    for receiver in (first, second):
        receiver.wait(lambda: len(receiver.taken) == len(jobs) * len(KINDS))  # noqa: B023
        assert all(receiver.kinds_of(job) == KINDS for job in jobs)
        assert len({each.id for each in receiver.taken}) == len(receiver.taken)
        assert len(receiver.came) > len(receiver.taken)
    assert not {each.id for each in first.taken} & {each.id for each in second.taken}


def test_every_attempt_has_the_same_id(bench: Bench) -> None:
    receiver = bench.receiver()
    receiver.answer = lambda _: 204 if len(receiver.came) > 4 else 500
    bench.register(receiver)
    bench.start().add(change(uuid4()))
    receiver.wait(lambda: len(receiver.taken) == 1)
    assert len(receiver.came) == 5
    assert len({each.id for each in receiver.came}) == 1


def test_receivers_that_hang_and_fail_keep_up_no_other(bench: Bench) -> None:
    let_go = threading.Event()

    def hang(_: Arrival) -> int:
        let_go.wait(20)
        return 500

    quick = bench.receiver()
    bench.register(quick, "eve")
    for user in ("ada", "ben", "cat", "dan"):
        for _ in range(3):
            slow = bench.receiver()
            slow.answer = hang
            bench.register(slow, user)
    hooks = bench.start()
    for user in ("ada", "ben", "cat", "dan"):
        tell(hooks, [uuid4() for _ in range(5)], user_id=user)
    jobs = [uuid4() for _ in range(5)]
    tell(hooks, jobs, user_id="eve")
    quick.wait(lambda: len(quick.taken) == len(jobs) * len(KINDS), 15)
    assert all(quick.kinds_of(job) == KINDS for job in jobs)
    let_go.set()


def test_a_message_that_is_never_taken_keeps_up_no_other_job(bench: Bench) -> None:
    receiver, poison, other = bench.receiver(), uuid4(), uuid4()
    receiver.answer = lambda each: 500 if each.job == str(poison) else 204
    bench.register(receiver)
    tell(bench.start(), [poison, other])
    receiver.wait(lambda: receiver.kinds_of(other) == KINDS)
    assert receiver.kinds_of(poison) == []
    assert {each.kind for each in receiver.came if each.job == str(poison)} == {"video.queued"}


def test_410_switches_off_without_another_try_and_for_the_next_process_too(
    bench: Bench,
) -> None:
    receiver = bench.receiver()
    receiver.answer = lambda _: 410
    webhook = bench.register(receiver)
    registry = Registry(bench.store, "ada")
    hooks = bench.start()
    hooks.add(change(uuid4()))
    until(lambda: not registry.find(webhook.id).is_on, "it is off", 10)
    assert registry.find(webhook.id).off_reason == "gone"
    receiver.answer = lambda _: 204
    job = uuid4()
    tell(hooks, [job])
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    bench.stop()
    assert bench.pending() == 0
    hooks = bench.start()
    tell(hooks, [job])
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    assert len(receiver.came) == 1
    registry.switch_on(webhook.id)
    again = uuid4()
    tell(hooks, [again])
    receiver.wait(lambda: receiver.kinds_of(again) == KINDS)
    assert len(receiver.came) == 1 + len(KINDS)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(status: int, bench: Bench) -> None:
    receiver, elsewhere = bench.receiver(), bench.receiver()
    said = [(status, {"Location": elsewhere.url})]
    receiver.answer = lambda _: said.pop() if said else 204
    bench.register(receiver)
    bench.start().add(change(uuid4()))
    receiver.wait(lambda: len(receiver.taken) == 1)
    assert (len(receiver.came), elsewhere.came) == (2, [])


def test_a_receiver_that_asks_for_time_gets_it(bench: Bench) -> None:
    said: list[tuple[int, dict[str, str]]] = [(429, {"Retry-After": "1"})]
    times: list[float] = []

    def answer(_: Arrival) -> Any:
        times.append(time.monotonic())
        return said.pop() if said else 204

    receiver = bench.receiver()
    receiver.answer = answer
    bench.register(receiver)
    hooks = bench.start()
    hooks.add(change(uuid4()))
    receiver.wait(lambda: len(receiver.came) == 1)
    hooks.add(change(uuid4()))
    receiver.wait(lambda: len(receiver.taken) == 2)
    assert times[1] - times[0] >= 0.95


def test_only_the_events_that_are_wanted_come_and_only_from_when_it_was_registered(
    bench: Bench,
) -> None:
    receiver, job = bench.receiver(), uuid4()
    bench.register(receiver, events=("video.ready", "video.failed"))
    hooks = bench.start()
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    hooks.add(change(job, "failed", changed_at=long_ago))
    tell(hooks, [job])
    receiver.wait(lambda: len(receiver.taken) == 1)
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    assert [each.kind for each in receiver.came] == ["video.ready"]


def test_users_are_told_of_their_own_jobs_only_each_with_their_own_secret(bench: Bench) -> None:
    receivers = {user: bench.receiver() for user in ("ada", "ben")}
    jobs = {user: uuid4() for user in receivers}
    hooks = bench.start()
    for user, receiver in receivers.items():
        bench.register(receiver, user)
    for user in receivers:
        tell(hooks, [jobs[user]], user_id=user)
    secrets = {user: SecretBook(bench.store, user).read().secret for user in receivers}
    for user, receiver in receivers.items():
        receiver.wait(lambda: len(receiver.taken) == len(KINDS))  # noqa: B023
        assert {each.job for each in receiver.came} == {str(jobs[user])}
        for each in receiver.came:
            signers = [u for u, secret in secrets.items() if _signed(secret, each)]
            assert signers == [user]


def _signed(secret: str, arrival: Arrival) -> bool:
    return is_signed_by(secret, arrival.headers, arrival.body)


def test_after_a_rotation_both_secrets_sign(bench: Bench) -> None:
    receiver = bench.receiver()
    bench.register(receiver)
    old = SecretBook(bench.store, "ada").read().secret
    new = SecretBook(bench.store, "ada").rotate().secret
    bench.start().add(change(uuid4()))
    receiver.wait(lambda: len(receiver.taken) == 1)
    assert _signed(old, receiver.taken[0])
    assert _signed(new, receiver.taken[0])


def test_a_jobs_own_address_is_told_of_that_job_once(bench: Bench) -> None:
    own, registered = bench.receiver(), bench.receiver()
    bench.register(registered)
    hooks, one, other = bench.start(), uuid4(), uuid4()
    tell(hooks, [one], webhook_url=own.url)
    tell(hooks, [other], webhook_url=registered.url)
    registered.wait(lambda: registered.kinds_of(one) == KINDS == registered.kinds_of(other))
    own.wait(lambda: own.kinds_of(one) == KINDS)
    assert {each.job for each in own.came} == {str(one)}
    assert len(registered.came) == 2 * len(KINDS)
    assert _signed(SecretBook(bench.store, "ada").read().secret, own.came[0])


def test_a_jobs_own_address_that_answers_410_is_told_nothing_more_of_it(bench: Bench) -> None:
    own, job = bench.receiver(), uuid4()
    own.answer = lambda _: 410
    hooks = bench.start()
    hooks.add(change(job, "queued", webhook_url=own.url))
    own.wait(lambda: len(own.came) == 1)
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    bench.stop()
    own.answer = lambda _: 204
    later = bench.start()
    later.add(change(job, "ready", webhook_url=own.url))
    later.add(change(uuid4(), "ready", webhook_url=own.url))
    own.wait(lambda: len(own.taken) == 1)
    assert own.kinds_of(job) == []


def test_deletion_stops_what_is_still_to_be_tried(bench: Bench) -> None:
    receiver = bench.receiver()
    receiver.answer = lambda _: 500
    webhook = bench.register(receiver)
    hooks = bench.start()
    tell(hooks, [uuid4() for _ in range(3)])
    receiver.wait(lambda: len(receiver.came) > 2)
    Registry(bench.store, "ada").remove(webhook.id)
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    until(lambda: bench.pending() == 0, "nothing waits", 10)
    assert receiver.taken == []


@pytest.mark.parametrize("addresses", HOSTILE_ANSWERS)
def test_a_name_that_turns_hostile_after_registration_is_never_connected_to(
    addresses: tuple[str, ...], bench: Bench
) -> None:
    fake = FakeNet({"hooks.test.example": [addresses]}, {(each, 80): 9 for each in addresses})
    Registry(bench.store, "ada").add(WantedWebhook(url="http://hooks.test.example/in"))
    bench.start(fake.net()).add(change(uuid4()))
    until(lambda: len(fake.asked) > 1, "it was tried again", 10)
    assert fake.tried == []
    assert PUBLIC not in fake.tried


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


def test_what_has_taken_nothing_all_the_while_is_switched_off(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = bench.receiver()
    receiver.answer = lambda _: 500
    webhook = bench.register(receiver)
    bench.start(webhook_patience_s=1, sweep_s=0.1).add(change(uuid4()))
    registry = Registry(bench.store, "ada")
    until(lambda: not registry.find(webhook.id).is_on, "it is off", 10)
    assert registry.find(webhook.id).off_reason == "failing"
    assert "given up" in caplog.text
    bench.stop()
    assert bench.pending() == 0


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


@pytest.mark.parametrize("owner", ["a/b", "", "../ada", "a..b", "Ада", "a" * 100, "x\ny"])
def test_an_owner_that_is_no_user_keeps_up_nobody(owner: str, bench: Bench) -> None:
    """Ops start jobs in Prefect with whatever parameters they like."""
    receiver, job = bench.receiver(), uuid4()
    bench.register(receiver)
    hooks = bench.start()
    hooks.add(change(uuid4(), user_id=owner, webhook_url=receiver.url))
    tell(hooks, [job])
    receiver.wait(lambda: receiver.kinds_of(job) == KINDS)
    assert {each.job for each in receiver.came} == {str(job)}


def test_a_webhook_in_the_store_that_is_none_keeps_up_nobody(bench: Bench) -> None:
    receiver, job = bench.receiver(), uuid4()
    bench.register(receiver)
    bench.store.put(f"webhooks/eve/{uuid4()}.json", b"{}")
    hooks = bench.start()
    tell(hooks, [uuid4()], user_id="eve")
    tell(hooks, [job])
    receiver.wait(lambda: receiver.kinds_of(job) == KINDS)


def test_what_comes_just_after_a_webhook_was_switched_on_again_is_told(bench: Bench) -> None:
    """Though it was known to be off a moment ago."""
    receiver, job = bench.receiver(), uuid4()
    webhook = bench.register(receiver)
    registry = Registry(bench.store, "ada")
    hooks = bench.start()
    receiver.answer = lambda _: 410
    tell(hooks, [uuid4() for _ in range(5)])
    until(lambda: not registry.find(webhook.id).is_on, "it is off", 10)
    until(lambda: hooks.pending_since() is None, "all is handed out", 10)
    until(lambda: bench.pending() == 0, "nothing waits", 10)
    receiver.answer = lambda _: 204
    registry.switch_on(webhook.id)
    tell(hooks, [job])
    receiver.wait(lambda: receiver.kinds_of(job) == KINDS)


def test_no_secret_is_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver = bench.receiver()
    answers = [500, 302, 404, 429, 410]
    receiver.answer = lambda _: answers.pop(0)
    url = f"{receiver.url}/hidden-word?key=hidden-word"
    webhook = Registry(bench.store, "ada").add(WantedWebhook(url=url))
    bench.start().add(change(uuid4(), webhook_url="http://nowhere.test.example:22/hidden-word"))
    registry = Registry(bench.store, "ada")
    until(lambda: not registry.find(webhook.id).is_on, "it is off", 10)
    secret = SecretBook(bench.store, "ada").read().secret
    assert "is told nothing more" in caplog.text
    assert "is tried again" in caplog.text
    assert "hidden-word" not in caplog.text
    assert secret not in caplog.text
    assert secret.removeprefix("whsec_") not in caplog.text
