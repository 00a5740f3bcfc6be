"""Has jobs go on whose process ended, on whatever machine that was.

Run as `python -m deployments.keeper`, beside the server that PREFECT_API_URL names; the
embedded stack does so by itself. A second one stands by, and acts when the first is gone.
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
from pydantic import ValidationError

from deployments.keeper.keeper import Keeper
from reels.observing.lines import JsonLine, TextLine
from reels.settings import ObservingSettings, RecoverySettings


def main(argv: Sequence[str] | None = None) -> int:
    argparse.ArgumentParser(prog="python -m deployments.keeper", description=__doc__).parse_args(
        argv
    )
    try:
        _log(logging.getLogger("deployments.keeper"), ObservingSettings())
        settings = RecoverySettings()
    except ValidationError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    # The client's own retries wait longer and longer; the keeper looks again by itself.
    with temporary_settings(updates={PREFECT_CLIENT_MAX_RETRIES: 0}):
        asyncio.run(_keep(settings))
    return 0


async def _keep(settings: RecoverySettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with get_client() as client:
        await Keeper(client, settings).run(stop)


def _log(ours: logging.Logger, settings: ObservingSettings) -> None:
    """Only ours: what the HTTP libraries log holds addresses, and those may be secrets."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if settings.log_format == "json" else TextLine())
    ours.addHandler(handler)
    ours.setLevel(settings.log_level)
    ours.propagate = False


if __name__ == "__main__":
    sys.exit(main())
