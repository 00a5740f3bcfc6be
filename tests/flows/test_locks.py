"""A lock is one holder's, among threads and processes, and never outlives its process."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import partial
from pathlib import Path

import pytest
from prefect.locking.protocol import LockManager

from flows.locks import FlockLockManager

pytestmark = pytest.mark.slow

HOLD = """
import sys
from pathlib import Path
from flows.locks import FlockLockManager
manager = FlockLockManager(lambda: Path(sys.argv[1]))
assert manager.acquire_lock("key", "other process")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "locks"


@pytest.fixture
def manager(directory: Path) -> FlockLockManager:
    return FlockLockManager(partial(Path, directory))


@pytest.fixture
def stranger(directory: Path) -> FlockLockManager:
    """A manager that shares nothing with the other but the directory, as in another process."""
    return FlockLockManager(partial(Path, directory))


@pytest.fixture
def other_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of `key`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_is_a_lock_manager_of_prefect(manager: FlockLockManager) -> None:
    assert isinstance(manager, LockManager)


def test_one_holds_it_and_others_do_not_get_it(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    assert manager.acquire_lock("a/key", "me")
    with ThreadPoolExecutor(1) as other_thread:
        for each in (manager, stranger):
            assert each.is_locked("a/key")
            assert not other_thread.submit(each.acquire_lock, "a/key", "you", 0).result()
            assert not each.is_lock_holder("a/key", "you")
            assert not each.wait_for_lock("a/key", timeout=0.02)
    assert manager.is_lock_holder("a/key", "me")
    assert stranger.acquire_lock("a/other", "you", acquire_timeout=0)


def test_its_holder_gets_it_again_and_gives_it_back_once(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    assert manager.acquire_lock("key", "me")
    assert manager.acquire_lock("key", "me", acquire_timeout=0)
    manager.release_lock("key", "me")
    assert not manager.is_locked("key")
    assert stranger.acquire_lock("key", "you", acquire_timeout=0)


def test_only_its_holder_can_give_it_back(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    manager.acquire_lock("key", "me")
    for each, holder in ((manager, "you"), (stranger, "me")):
        with pytest.raises(ValueError, match="holds no lock"):
            each.release_lock("key", holder)
    with pytest.raises(ValueError, match="holds no lock"):
        manager.release_lock("never locked", "me")
    assert manager.is_lock_holder("key", "me")


def test_a_thread_never_waits_for_what_it_left_behind_itself(manager: FlockLockManager) -> None:
    manager.acquire_lock("key", "failed attempt")
    with ThreadPoolExecutor(1) as other_thread:
        retry = other_thread.submit(manager.acquire_lock, "key", "stranger", 0.02)
        assert not retry.result()
    assert manager.acquire_lock("key", "retry", acquire_timeout=0)
    assert manager.is_lock_holder("key", "retry")


def test_who_waits_gets_it_when_it_is_given_back(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    manager.acquire_lock("key", "me")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stranger.acquire_lock, "key", "you", 30)
        manager.release_lock("key", "me")
        assert waiting.result(30)
    assert stranger.is_lock_holder("key", "you")
    assert not manager.acquire_lock("key", "me", acquire_timeout=0)


def test_threads_never_hold_it_together(
    manager: FlockLockManager, stranger: FlockLockManager, directory: Path
) -> None:
    inside: list[str] = []
    most = 0

    def work(number: int) -> None:
        nonlocal most
        each, holder = (manager, stranger)[number % 2], f"holder {number}"
        for _ in range(10):
            assert each.acquire_lock("key", holder)
            inside.append(holder)
            most = max(most, len(inside))
            time.sleep(0)
            inside.remove(holder)
            each.release_lock("key", holder)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert most == 1
    assert list(directory.iterdir()) == []


def test_a_killed_holder_leaves_no_lock(
    manager: FlockLockManager, other_process: subprocess.Popen[str], directory: Path
) -> None:
    assert manager.is_locked("key")
    assert not manager.acquire_lock("key", "me", acquire_timeout=0.05)
    os.kill(other_process.pid, signal.SIGKILL)
    assert manager.acquire_lock("key", "me", acquire_timeout=30)
    manager.release_lock("key", "me")
    assert list(directory.iterdir()) == []


def test_files_of_killed_holders_are_swept_and_those_in_use_are_not(
    manager: FlockLockManager, other_process: subprocess.Popen[str], directory: Path
) -> None:
    (directory / "left-behind.lock").touch()
    manager.acquire_lock("mine", "me")
    assert not (directory / "left-behind.lock").exists()
    assert manager.is_locked("key")
    assert len(list(directory.iterdir())) == 2


def test_a_forked_child_neither_holds_nor_keeps_it(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    manager.acquire_lock("key", "me")
    answer, tell = os.pipe()
    stay, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.write(tell, b"yes" if manager.is_lock_holder("key", "me") else b"no")
        os.read(stay, 1)
        os._exit(0)
    try:
        assert os.read(answer, 3) == b"no"
        assert stranger.is_locked("key")
        manager.release_lock("key", "me")
        assert stranger.acquire_lock("key", "you", acquire_timeout=0)
    finally:
        os.close(go)
        os.waitpid(child, 0)


def test_a_hold_timeout_gives_it_up(manager: FlockLockManager, stranger: FlockLockManager) -> None:
    assert manager.acquire_lock("key", "me", hold_timeout=0.05)
    assert stranger.acquire_lock("key", "you", acquire_timeout=30)
    assert not manager.is_lock_holder("key", "me")


async def test_waiting_does_not_block_the_event_loop(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    await manager.aacquire_lock("key", "me")
    waiting = asyncio.create_task(stranger.aacquire_lock("key", "you"))
    free = asyncio.create_task(stranger.await_for_lock("key"))
    assert not await stranger.aacquire_lock("key", "they", acquire_timeout=0.02)
    assert not await stranger.await_for_lock("key", timeout=0.02)
    assert not waiting.done()
    manager.release_lock("key", "me")
    assert await asyncio.wait_for(waiting, 30)
    stranger.release_lock("key", "you")
    assert await asyncio.wait_for(free, 30)


async def test_a_cancelled_wait_leaves_no_lock(
    manager: FlockLockManager, stranger: FlockLockManager
) -> None:
    manager.acquire_lock("key", "me")
    waiting = asyncio.create_task(stranger.aacquire_lock("key", "you"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    manager.release_lock("key", "me")
    assert not manager.is_locked("key")


@pytest.mark.parametrize("duplicate", [deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_holds_nothing_but_minds_the_same_locks(
    manager: FlockLockManager, duplicate: Callable[[FlockLockManager], FlockLockManager]
) -> None:
    manager.acquire_lock("key", "me")
    copied = duplicate(manager)
    assert copied.is_locked("key")
    assert not copied.is_lock_holder("key", "me")


def test_no_file_stays_open(manager: FlockLockManager, stranger: FlockLockManager) -> None:
    manager.acquire_lock("warm up", "me")
    before = len(os.listdir("/proc/self/fd"))
    manager.acquire_lock("key", "me")
    for _ in range(5):
        stranger.acquire_lock("key", "you", acquire_timeout=0)
        stranger.is_locked("key")
    manager.release_lock("key", "me")
    assert len(os.listdir("/proc/self/fd")) == before
