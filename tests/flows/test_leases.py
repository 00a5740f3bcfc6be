"""A lease is one holder's among machines, and ends when its holder can renew it no more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from flows.house_locks import HouseLocks
from flows.leases import LeaseLockManager
from flows.locks import FlockLockManager
from tests.flows.lock_contract import DEADLINE_S, LockContract
from tests.redis_kit import RedisServer, running_redis

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
LIFE_S = 3.0

HOLD = f"""
import sys
from flows.leases import LeaseLockManager
manager = LeaseLockManager(sys.argv[1], {LIFE_S})
assert manager.acquire_lock("key", "other process")
print("held", flush=True)
sys.stdin.readline()
print(manager.is_lock_holder("key", "other process"), manager.is_locked("key"), flush=True)
manager.release_lock("key", "other process")
print("left", flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as running:
        yield running


@pytest.fixture(autouse=True)
def clean(server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis(port=server.port) as client:
        client.flushall()
        yield client


@pytest.fixture
def manager(server: RedisServer) -> LeaseLockManager:
    return LeaseLockManager(server.url, LIFE_S)


@pytest.fixture
def stranger(server: RedisServer) -> LeaseLockManager:
    """A manager on another machine: it shares nothing with the other but Redis."""
    return LeaseLockManager(server.url, LIFE_S)


@pytest.fixture
def other_process(server: RedisServer) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of `key`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, server.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


class TestLeases(LockContract):
    """The contract, kept by this manager."""


def test_who_waits_is_woken_one_after_the_other(server: RedisServer) -> None:
    """Leases of a minute: nobody gets one here because it has ended."""
    managers = [LeaseLockManager(server.url, 60) for _ in range(4)]
    began = time.monotonic()

    def work(number: int) -> None:
        each = managers[number]
        assert each.acquire_lock("key", f"holder {number}", DEADLINE_S)
        each.release_lock("key", f"holder {number}")

    assert managers[0].acquire_lock("key", "first")
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(work, number) for number in (1, 2, 3)]
        free = pool.submit(managers[0].wait_for_lock, "key", DEADLINE_S)
        managers[0].release_lock("key", "first")
        for each in waiting:
            each.result(DEADLINE_S)
        assert free.result(DEADLINE_S)
    assert time.monotonic() - began < 55


def test_it_is_renewed_for_as_long_as_its_process_runs(
    manager: LeaseLockManager, stranger: LeaseLockManager
) -> None:
    manager.acquire_lock("key", "me")
    assert not stranger.acquire_lock("key", "you", acquire_timeout=1.5 * LIFE_S)
    assert manager.is_lock_holder("key", "me")


def test_a_holder_that_was_stopped_for_too_long_has_lost_it_and_takes_nothing_from_the_next(
    stranger: LeaseLockManager, other_process: subprocess.Popen[str]
) -> None:
    os.kill(other_process.pid, signal.SIGSTOP)
    assert stranger.acquire_lock("key", "me", DEADLINE_S)
    os.kill(other_process.pid, signal.SIGCONT)
    told, _ = other_process.communicate("\n", timeout=DEADLINE_S)
    assert told == "False True\nleft\n"
    assert stranger.is_lock_holder("key", "me")


def test_what_a_holder_that_has_lost_it_made_is_not_recorded_even_when_nobody_has_it_now(
    manager: LeaseLockManager, stranger: LeaseLockManager, clean: redis.Redis
) -> None:
    manager.acquire_lock("key", "me")
    clean.flushall()
    assert stranger.acquire_lock("key", "you", acquire_timeout=0)
    stranger.release_lock("key", "you")
    deadline = time.monotonic() + DEADLINE_S
    while manager.is_lock_holder("key", "me"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert manager.is_locked("key")
    manager.release_lock("key", "me")
    assert not manager.is_locked("key")


def test_a_holder_keeps_it_while_redis_is_away_for_a_moment() -> None:
    with running_redis() as other:
        manager = LeaseLockManager(other.url, 60)
        manager.acquire_lock("key", "me")
        other.stop()
        assert manager.is_lock_holder("key", "me")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(manager.acquire_lock, "later", "me")
            other.start()
            assert waiting.result(DEADLINE_S)


def test_the_house_uses_leases_where_a_redis_is_named(
    server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = FlockLockManager(lambda: tmp_path)
    locks = HouseLocks(alone)
    assert locks.chosen() is alone
    monkeypatch.setenv("VIDEO_SERVICE_CACHE_URL", server.url)
    assert isinstance(locks.chosen(), LeaseLockManager)
    assert locks.chosen() is locks.chosen()
    assert locks.acquire_lock("key", "me")
    assert not list(tmp_path.iterdir())
    locks.release_lock("key", "me")


@pytest.mark.usefixtures("prefect_environment")
def test_of_two_machines_one_pays_and_the_other_takes_what_it_made(
    server: RedisServer, prefect_environment: dict[str, str], tmp_path: Path
) -> None:
    """Two data directories, as of two machines, with one store."""
    (tmp_path / "store").mkdir()
    journal, gate = tmp_path / "journal", tmp_path / "gate"
    journal.touch()
    machines = []
    for name in ("one", "other"):
        home = tmp_path / name
        home.mkdir()
        (home / "store").symlink_to(tmp_path / "store")
        given = {
            "VIDEO_SERVICE_DATA_DIR": str(home),
            "VIDEO_SERVICE_STORE": "local",
            "VIDEO_SERVICE_CACHE_URL": server.url,
        }
        words = ("-m", "tests.flows.cached_work", str(journal), "hello", str(gate))
        machines.append(
            subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=os.environ | prefect_environment | given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    try:
        deadline = time.monotonic() + DEADLINE_S
        with redis.Redis(port=server.port) as client:
            # One works, and the other sleeps in Redis until that is done.
            while not int(client.info("clients")["blocked_clients"]):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        gate.touch()
        told = [machine.communicate(timeout=DEADLINE_S)[0].split() for machine in machines]
    finally:
        for machine in machines:
            machine.kill()
    assert told[0] == told[1]
    assert len(journal.read_text().split()) == 1
