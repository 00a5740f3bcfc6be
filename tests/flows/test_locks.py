"""A lock is one holder's, among threads and processes, and never outlives its process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from flows.locks import FlockLockManager
from tests.flows.lock_contract import DEADLINE_S, LockContract

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


class TestFlocks(LockContract):
    """The contract, kept by this manager."""


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


def test_files_of_killed_holders_are_swept_and_those_in_use_are_not(
    manager: FlockLockManager, other_process: subprocess.Popen[str], directory: Path
) -> None:
    (directory / "left-behind.lock").touch()
    manager.acquire_lock("mine", "me")
    assert not (directory / "left-behind.lock").exists()
    assert manager.is_locked("key")
    assert len(list(directory.iterdir())) == 2
    other_process.kill()
    assert manager.acquire_lock("key", "me", DEADLINE_S)
    manager.release_lock("key", "me")
    manager.release_lock("mine", "me")
    assert list(directory.iterdir()) == []


def test_no_file_stays_open(manager: FlockLockManager, stranger: FlockLockManager) -> None:
    manager.acquire_lock("warm up", "me")
    before = len(os.listdir("/proc/self/fd"))
    manager.acquire_lock("key", "me")
    for _ in range(5):
        stranger.acquire_lock("key", "you", acquire_timeout=0)
        stranger.is_locked("key")
    manager.release_lock("key", "me")
    assert len(os.listdir("/proc/self/fd")) == before
