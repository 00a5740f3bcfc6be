"""Who is told of what, and what ends it: 410, silence, deletion, a hostile address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from reels.webhooks.registry import Registry, WantedWebhook
from reels.webhooks.secrets import SecretBook
from tests.deployments.conftest import until
from tests.deployments.status.hooks_kit import KINDS, Bench, change, signed, tell
from tests.reels.attacks import HOSTILE_ANSWERS
from tests.reels.net_kit import PUBLIC, FakeNet


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
            signers = [u for u, secret in secrets.items() if signed(secret, each)]
            assert signers == [user]


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
