"""Users' webhooks are told of every change, in order, each in its own time."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import Any
from uuid import uuid4

import pytest

from reels.webhooks.registry import Registry, WantedWebhook
from reels.webhooks.secrets import SecretBook
from tests.deployments.conftest import until
from tests.deployments.status.hooks_kit import KINDS, Bench, change, signed, tell
from tests.receiver_kit import Arrival, is_signed_by


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


def test_after_a_rotation_both_secrets_sign(bench: Bench) -> None:
    receiver = bench.receiver()
    bench.register(receiver)
    old = SecretBook(bench.store, "ada").read().secret
    new = SecretBook(bench.store, "ada").rotate().secret
    bench.start().add(change(uuid4()))
    receiver.wait(lambda: len(receiver.taken) == 1)
    assert signed(old, receiver.taken[0])
    assert signed(new, receiver.taken[0])


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
    assert signed(SecretBook(bench.store, "ada").read().secret, own.came[0])


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
