"""The service that tells users' webhooks, killed and started again, beside a real Prefect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blocks.local_store import LocalStore
from reels.webhooks.registry import Registry, WantedWebhook
from reels.webhooks.secrets import SecretBook
from tests.deployments.conftest import EmbeddedServer, Processes, until
from tests.receiver_kit import Arrival, Receiver, is_signed_by, receiving

from .test_watching import STAGES, Jobs

pytestmark = pytest.mark.slow

KINDS = [f"video.{stage.lower()}" for stage in ("Queued", *STAGES, "Ready")]


@dataclass
class Bench:
    jobs: Jobs
    receiver: Receiver
    processes: Processes
    store: LocalStore
    number: int = 0

    def watch(self) -> Any:
        """A new process of the service."""
        self.number += 1
        return self.processes.python(f"status-{self.number}", "-m", "deployments.status")

    def logs(self) -> str:
        return "".join(log.read_text() for log in sorted(self.processes.logs.glob("status-*.log")))

    def has_all(self, jobs: list[str]) -> bool:
        """In order. What was taken when the process was killed comes twice, before the next."""
        for job in jobs:
            kinds = self.receiver.kinds_of(job)
            assert kinds == sorted(kinds, key=KINDS.index)
        return all(set(self.receiver.kinds_of(job)) == set(KINDS) for job in jobs)


@pytest.fixture
def bench(server: EmbeddedServer, processes: Processes, tmp_path: Path) -> Iterator[Bench]:
    with receiving() as receiver:
        data = tmp_path / "data"
        processes.environment = {
            **processes.environment,
            "VIDEO_SERVICE_DATA_DIR": str(data),
            "VIDEO_SERVICE_STORE": "local",
            "VIDEO_SERVICE_FETCH_ALLOWED_HOSTS": f"127.0.0.1:{receiver.port}",
            "VIDEO_SERVICE_WEBHOOK_RETRY_S": "0.2",
        }
        store = LocalStore(data / "store", public_url="http://api.test", secret=b"s")
        yield Bench(Jobs(server), receiver, processes, store)
        processes.stop()


def test_killed_with_messages_that_wait_it_brings_each_in_order_with_the_same_id(
    bench: Bench,
) -> None:
    """Killed at once after some were taken and while the receiver refuses; then it goes on."""
    webhook = Registry(bench.store, "ada").add(WantedWebhook(url=bench.receiver.url))
    secret = SecretBook(bench.store, "ada").read().secret
    watcher = bench.watch()
    first = bench.jobs.start()
    until(lambda: bench.receiver.kinds_of(first) == ["video.queued"], "it follows")
    bench.receiver.answer = _refuse_some
    jobs = [bench.jobs.start() for _ in range(3)]
    for job in jobs:
        bench.jobs.stages(job, *STAGES[:3])
    seen = len(bench.receiver.came)
    bench.receiver.wait(lambda: len(bench.receiver.came) > seen)
    watcher.kill()
    watcher.wait()
    for job in (first, *jobs):
        bench.jobs.stages(job, *(STAGES if job == first else STAGES[3:]))
        bench.jobs.finish(job)
    bench.watch()
    bench.receiver.wait(lambda: len(bench.receiver.came) > seen + 3, 40)
    bench.receiver.answer = lambda _: 204
    until(lambda: bench.has_all([first, *jobs]), "all has come", 40)
    _same_ids(bench.receiver.came)
    assert all(is_signed_by(secret, each.headers, each.body) for each in bench.receiver.came)
    assert secret not in bench.logs()
    assert str(webhook.id) in bench.logs() or "is tried again" not in bench.logs()


def _refuse_some(arrival: Arrival) -> int:
    return 204 if arrival.kind == "video.queued" else 500


def _same_ids(came: list[Arrival]) -> None:
    """Every change has one id, and every id one change."""
    pairs = {(each.id, each.job, each.kind) for each in came}
    assert max(Counter(pair[0] for pair in pairs).values()) == 1
    assert max(Counter(pair[1:] for pair in pairs).values()) == 1


def test_killed_again_and_again_it_loses_nothing(bench: Bench) -> None:
    Registry(bench.store, "ada").add(WantedWebhook(url=bench.receiver.url))
    own = {"webhook_url": f"{bench.receiver.url}/own", "user_id": "eve"}
    watcher = bench.watch()
    first = bench.jobs.start()
    until(lambda: bench.receiver.kinds_of(first) != [], "it follows")
    jobs = [bench.jobs.start() for _ in range(4)]
    jobs += [bench.jobs.start(parameters=own, tags=["reelwright", "user:eve"])]
    for stage in STAGES:
        for job in jobs:
            bench.jobs.stages(job, stage)
        if stage not in STAGES[::2]:
            continue
        watcher.kill()
        watcher.wait()
        watcher = bench.watch()
    for job in jobs:
        bench.jobs.finish(job)
    until(lambda: bench.has_all(jobs), "all has come", 60)
    _same_ids(bench.receiver.came)
    paths = {each.path for each in bench.receiver.came if each.job == jobs[-1]}
    assert paths == {"/hook/own"}


def test_a_webhook_is_told_of_changes_from_its_registration_on_and_none_after_its_deletion(
    bench: Bench,
) -> None:
    """While the service runs, which learns of both from the store."""
    bench.watch()
    early = Registry(bench.store, "eve").add(WantedWebhook(url=f"{bench.receiver.url}/eve"))
    probe = bench.jobs.start(tags=["reelwright", "user:eve"])
    until(lambda: bench.receiver.kinds_of(probe) != [], "it follows")
    registry = Registry(bench.store, "ada")
    before = bench.jobs.start()
    bench.jobs.stages(before, "Drafting")
    webhook = registry.add(WantedWebhook(url=bench.receiver.url))
    after = bench.jobs.start()
    bench.jobs.stages(after, *STAGES)
    bench.jobs.finish(after)
    until(lambda: bench.receiver.kinds_of(after) == KINDS, "all has come")
    registry.remove(webhook.id)
    bench.jobs.start()
    bench.jobs.stages(probe, "Drafting")
    until(lambda: len(bench.receiver.kinds_of(probe)) == 2, "eve is still told")
    assert {each.job for each in bench.receiver.came if each.path == "/hook"} <= {after, before}
    assert bench.receiver.kinds_of(probe) == ["video.queued", "video.drafting"]
    assert Registry(bench.store, "eve").all() == (early,)
