"""What every manager of locks keeps to: a lock is one holder's, among threads and processes.

A module that holds its manager to it subclasses `LockContract` and has the fixtures `manager`,
`stranger` (one that shares nothing with the other but the place of the locks, as in another
process) and `other_process` (one that holds the lock of `key`).
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from prefect.locking.protocol import LockManager

DEADLINE_S = 120.0


class LockContract:
    def test_is_a_lock_manager_of_prefect(self, manager: LockManager) -> None:
        assert isinstance(manager, LockManager)

    def test_one_holds_it_and_others_do_not_get_it(
        self, manager: LockManager, stranger: LockManager
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
        self, manager: LockManager, stranger: LockManager
    ) -> None:
        assert manager.acquire_lock("key", "me")
        assert manager.acquire_lock("key", "me", acquire_timeout=0)
        manager.release_lock("key", "me")
        with pytest.raises(ValueError, match="holds no lock"):
            manager.release_lock("key", "me")
        assert not manager.is_locked("key")
        assert stranger.acquire_lock("key", "you", acquire_timeout=0)

    def test_only_its_holder_can_give_it_back(
        self, manager: LockManager, stranger: LockManager
    ) -> None:
        manager.acquire_lock("key", "me")
        for each, key, holder in (
            (manager, "key", "you"),
            (stranger, "key", "me"),
            (manager, "never locked", "me"),
        ):
            with pytest.raises(ValueError, match="holds no lock"):
                each.release_lock(key, holder)
        assert manager.is_lock_holder("key", "me")

    def test_a_thread_never_waits_for_what_it_left_behind_itself(
        self, manager: LockManager
    ) -> None:
        manager.acquire_lock("key", "failed attempt")
        with ThreadPoolExecutor(1) as other_thread:
            retry = other_thread.submit(manager.acquire_lock, "key", "stranger", 0.02)
            assert not retry.result()
        assert manager.acquire_lock("key", "retry", acquire_timeout=0)
        assert manager.is_lock_holder("key", "retry")

    def test_who_waits_gets_it_when_it_is_given_back(
        self, manager: LockManager, stranger: LockManager
    ) -> None:
        manager.acquire_lock("key", "me")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(stranger.acquire_lock, "key", "you", DEADLINE_S)
            manager.release_lock("key", "me")
            assert waiting.result(DEADLINE_S)
        assert stranger.is_lock_holder("key", "you")
        assert not manager.acquire_lock("key", "me", acquire_timeout=0)

    def test_a_killed_holder_leaves_no_lock(
        self, manager: LockManager, other_process: subprocess.Popen[str]
    ) -> None:
        assert manager.is_locked("key")
        assert not manager.acquire_lock("key", "me", acquire_timeout=0.05)
        os.kill(other_process.pid, signal.SIGKILL)
        assert manager.acquire_lock("key", "me", DEADLINE_S)
        manager.release_lock("key", "me")

    def test_a_forked_child_neither_holds_nor_keeps_it(
        self, manager: LockManager, stranger: LockManager
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

    def test_a_hold_timeout_gives_it_up(self, manager: LockManager, stranger: LockManager) -> None:
        assert manager.acquire_lock("key", "me", hold_timeout=0.05)
        assert stranger.acquire_lock("key", "you", DEADLINE_S)
        assert not manager.is_lock_holder("key", "me")

    async def test_waiting_does_not_block_the_event_loop(
        self, manager: LockManager, stranger: LockManager
    ) -> None:
        await manager.aacquire_lock("key", "me")
        waiting = asyncio.create_task(stranger.aacquire_lock("key", "you"))
        free = asyncio.create_task(stranger.await_for_lock("key"))
        assert not await stranger.aacquire_lock("key", "they", acquire_timeout=0.02)
        assert not await stranger.await_for_lock("key", timeout=0.02)
        assert not waiting.done()
        manager.release_lock("key", "me")
        assert await asyncio.wait_for(waiting, DEADLINE_S)
        stranger.release_lock("key", "you")
        assert await asyncio.wait_for(free, DEADLINE_S)

    async def test_a_cancelled_wait_leaves_no_lock(
        self, manager: LockManager, stranger: LockManager
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
        self, manager: LockManager, duplicate: Callable[[LockManager], LockManager]
    ) -> None:
        manager.acquire_lock("key", "me")
        copied = duplicate(manager)
        assert copied.is_locked("key")
        assert not copied.is_lock_holder("key", "me")
