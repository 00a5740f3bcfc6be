"""The webhooks of users, beside the sinks of ops: every change goes into each one's letters.

`add` only takes it in; a thread looks up who wants to know of it, and keeps the letters on
the disk before it forgets the change. One process at a time does so for a data directory:
a second one waits until the first is gone.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

from deployments.status.couriers import Couriers
from deployments.status.delivery import Delivery
from deployments.status.endpoints import KNOWN_FOR_S, Directory, Endpoint
from deployments.status.letters import Letters
from deployments.status.waits import Waits
from reels.artifacts import ArtifactStore
from reels.errors import ReelsError
from reels.fetch import Net
from reels.settings import WebhookSettings
from reels.sinks.base import StatusChange
from reels.webhooks.registry import Webhook

log = logging.getLogger(__name__)

LOCK = "webhooks.lock"
GROWTH = 4.0
LONGEST_WAIT_S = 4 * 3600.0
#: A receiver that is down is asked so often at least, with whatever waits longest for it.
LONGEST_PAUSE_S = 600.0
#: The longest that a receiver may ask to be left alone.
LONGEST_ASKED_S = 3600.0
SWEEP_S = 60.0
KEEP_S = 86_400
MAX_BATCH = 200
READS_AT_ONCE = 8
#: A process that waits for its turn remembers so many changes; another one tells them.
MAX_WAITING = 10_000
AGAIN_S = 2.0


class Hooks:
    """Takes changes as an `Outbox` does."""

    name = "webhooks"

    def __init__(
        self,
        directory: Path,
        open_store: Callable[[], ArtifactStore],
        settings: WebhookSettings,
        net: Net,
        *,
        sweep_s: float = SWEEP_S,
        known_for_s: float = KNOWN_FOR_S,
    ) -> None:
        self._folder = directory
        self._settings = settings
        self._sweep_s = sweep_s
        self._directory = Directory(open_store, known_for_s)
        self._delivery = Delivery(self._directory, net, settings.webhook_timeout_s)
        self._taken_in: deque[StatusChange] = deque()
        self._news = threading.Condition()
        self._is_leading = False
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def add(self, change: StatusChange) -> None:
        """Returns at once. Changes of one job MUST come in the order of their time."""
        with self._news:
            self._taken_in.append(change)
            if not self._is_leading and len(self._taken_in) > MAX_WAITING:
                self._taken_in.popleft()
            self._news.notify_all()

    def pending_since(self) -> datetime | None:
        """When the oldest change was made that is not yet on the disk; None when all are."""
        with self._news:
            return min((change.changed_at for change in self._taken_in), default=None)

    def stop(self, timeout_s: float = 1.0) -> None:
        """Begin no further attempt."""
        with self._news:
            self._is_stopped = True
            self._news.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        held = self._turn()
        if held is None:
            return
        try:
            letters = self._open()
            if letters is not None:
                self._lead(letters)
        finally:
            os.close(held)

    def _turn(self) -> int | None:
        """The lock of the data directory, once this process has it; None at the end."""
        held: int | None = None
        while not self._is_stopped:
            try:
                if held is None:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    held = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return held
            except OSError:
                self._pause(AGAIN_S / 2)
        if held is not None:
            os.close(held)
        return None

    def _open(self) -> Letters | None:
        is_told = False
        while not self._is_stopped:
            try:
                return Letters(self._folder)
            # A full disk, or one that may not be written: it may pass.
            except Exception as error:
                if not is_told:
                    log.error("Webhooks cannot be kept (%s): %s", type(error).__name__, error)
                is_told = True
                self._pause(AGAIN_S)
        return None

    def _lead(self, letters: Letters) -> None:
        settings = self._settings
        waits = Waits(settings.webhook_retry_s, GROWTH, LONGEST_WAIT_S, LONGEST_ASKED_S)
        pauses = waits._replace(factor=2.0, longest_s=LONGEST_PAUSE_S)
        couriers = Couriers(letters, self._delivery, waits, pauses)
        self._is_leading = True
        swept = 0.0
        try:
            while not self._is_stopped:
                if time.monotonic() - swept > self._sweep_s or not swept:
                    self._do(partial(self._sweep, letters, couriers))
                    swept = time.monotonic()
                batch = self._batch()
                if batch and not self._do(partial(self._hand_out, batch, letters, couriers)):
                    self._pause(AGAIN_S)
        finally:
            couriers.stop()
            letters.close()

    def _do(self, work: Callable[[], None]) -> bool:
        """Whether it went well. What is not done now is done later."""
        try:
            work()
        except ReelsError as error:
            log.error("Webhooks wait: %s", error)
            return False
        except Exception as error:
            log.error("Webhooks wait (%s): %s", type(error).__name__, error)
            return False
        return True

    def _pause(self, seconds: float) -> None:
        with self._news:
            self._news.wait_for(lambda: self._is_stopped, seconds)

    def _batch(self) -> list[StatusChange]:
        """The oldest changes, which stay here until they are on the disk; none after a while."""
        with self._news:
            self._news.wait_for(lambda: self._taken_in or self._is_stopped, self._sweep_s)
            return [self._taken_in[i] for i in range(min(MAX_BATCH, len(self._taken_in)))]

    def _hand_out(self, batch: list[StatusChange], letters: Letters, couriers: Couriers) -> None:
        webhooks = self._webhooks({change.user_id for change in batch})
        patience_s, now = self._settings.webhook_patience_s, time.time()
        made = [
            letter._replace(until=change.changed_at.timestamp() + patience_s)
            for change in batch
            for letter in self._directory.letters(change, webhooks[change.user_id])
        ]
        due = [letter for letter in made if letter.until > now]
        if due:
            letters.add(due)
            couriers.wake(list(dict.fromkeys(letter.endpoint for letter in due)))
        with self._news:
            for _ in batch:
                self._taken_in.popleft()

    def _webhooks(self, users: set[str]) -> dict[str, tuple[Webhook, ...]]:
        """Of each user. Several are read side by side: a store may be far away."""
        read = self._directory.webhooks_of
        if len(users) == 1:
            return {user: read(user) for user in users}
        with ThreadPoolExecutor(min(READS_AT_ONCE, len(users))) as pool:
            return dict(zip(users, pool.map(read, users), strict=True))

    def _sweep(self, letters: Letters, couriers: Couriers) -> None:
        """Give up what is too old; a webhook that has taken nothing all the while is off."""
        now = time.time()
        patience_s = self._settings.webhook_patience_s
        for key, number in letters.expire(now, couriers.busy()).items():
            endpoint = Endpoint.of(key)
            log.error("%s: %d messages are given up.", endpoint.shown, number)
            if endpoint.is_registered and not letters.has_taken_since(key, now - patience_s):
                self._delivery.end(key, "failing", "has taken nothing for too long")
                letters.drop(key, now)
            couriers.wake([key])
        letters.purge(now - patience_s - KEEP_S)
