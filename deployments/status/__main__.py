"""Tells each change of a job to the status sinks that the settings name.

Run as `python -m deployments.status`, beside the server that PREFECT_API_URL names; the
embedded stack does so by itself. `--make-table` makes the table `videos` and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from blocks.registry import load_store
from deployments.status.cursor import Cursor
from deployments.status.links import linker
from deployments.status.outbox import Outbox
from deployments.status.watcher import Watcher
from reels.errors import InvalidInput, ReelsError
from reels.settings import StatusSettings, StoreSettings
from reels.sinks import configured_sinks
from reels.sinks.postgres import PostgresSink

_NOTHING = InvalidInput(
    "status_dsn",
    "No status sink is set.",
    remedy="Set VIDEO_SERVICE_STATUS_DSN or VIDEO_SERVICE_STATUS_WEBHOOK_URL.",
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deployments.status", description=__doc__)
    parser.add_argument(
        "--make-table", action="store_true", help="make the table in VIDEO_SERVICE_STATUS_DSN"
    )
    arguments = parser.parse_args(argv)
    # Only ours: what the HTTP libraries log holds addresses, and those may be secrets.
    logging.getLogger("deployments.status").addHandler(logging.StreamHandler())
    settings = StatusSettings()
    try:
        if arguments.make_table:
            return _make_table(settings)
        # The client's own retries wait longer and longer; the watcher tries again by itself.
        with temporary_settings(updates={PREFECT_CLIENT_MAX_RETRIES: 1}):
            asyncio.run(_follow(settings))
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


async def _follow(settings: StatusSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    outboxes = [Outbox(sink, settings.status_patience_s) for sink in configured_sinks(settings)]
    if not outboxes:
        raise _NOTHING
    cursor = Cursor(StoreSettings().data_dir)
    async with get_client() as client:
        url = linker(settings.status_media_url, load_store)
        watcher = Watcher(client, outboxes, cursor, url)
        await watcher.run(stop)
    for box in outboxes:
        box.stop()
    watcher.note()


def _make_table(settings: StatusSettings) -> int:
    sink = PostgresSink.configured(settings)
    if sink is None:
        raise InvalidInput("status_dsn", "VIDEO_SERVICE_STATUS_DSN is not set.")
    sink.make_table()
    sink.close()
    print("The table videos is there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
