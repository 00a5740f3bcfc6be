"""Wires the watcher: Prefect, the sinks, users' webhooks, the store, and the data directory."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from blocks.registry import load_store
from deployments.status.cursor import Cursor
from deployments.status.hooks import Hooks
from deployments.status.links import linker
from deployments.status.outbox import Outbox
from deployments.status.watcher import Watcher
from reels.fetch import Net
from reels.settings import FetchSettings, StatusSettings, StoreSettings, WebhookSettings
from reels.sinks.base import StatusSink


def follow(sinks: Sequence[StatusSink], settings: StatusSettings) -> None:
    """Tell the sinks and users' webhooks of every change until SIGTERM or SIGINT comes."""
    # The client's own retries wait longer and longer; the watcher tries again by itself.
    with temporary_settings(updates={PREFECT_CLIENT_MAX_RETRIES: 1}):
        asyncio.run(_follow(sinks, settings))


async def _follow(sinks: Sequence[StatusSink], settings: StatusSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    data_dir = StoreSettings().data_dir
    outboxes = [Outbox(sink, settings.status_patience_s) for sink in sinks]
    hooks = Hooks(data_dir, load_store, WebhookSettings(), Net.of(FetchSettings()))
    boxes: list[Outbox | Hooks] = [*outboxes, hooks]
    url = linker(settings.status_media_url, load_store)
    async with get_client() as client:
        watcher = Watcher(client, boxes, Cursor(data_dir), url)
        await watcher.run(stop)
    for box in boxes:
        box.stop()
    watcher.note()
