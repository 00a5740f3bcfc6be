"""Users' webhooks over a store, with receivers on loopback that are trusted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from blocks.local_store import LocalStore
from deployments.status.hooks import Hooks
from deployments.status.letters import Letters
from reels.addresses import Host
from reels.fetch import Net
from reels.settings import WebhookSettings
from reels.sinks.base import StatusChange
from reels.webhooks.registry import Registry, WantedWebhook, Webhook
from tests.receiver_kit import Arrival, Receiver, is_signed_by, receiving

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


def tell(hooks: Hooks, jobs: list[UUID], **more: Any) -> None:
    """The whole life of every job, all at the same time."""
    for status in STATUSES:
        for job in jobs:
            hooks.add(change(job, status, **more))


def signed(secret: str, arrival: Arrival) -> bool:
    return is_signed_by(secret, arrival.headers, arrival.body)
