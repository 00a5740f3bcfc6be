"""`make up`: the whole embedded stack, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from deployments.checking import check_settings
from deployments.engine.child import die_with_parent
from deployments.layout import Addresses, Layout
from deployments.plan import DEFINITIONS, is_free
from deployments.supervisor import Supervisor
from reels.errors import ReelsError
from reels.settings import ApiSettings, StoreSettings

#: Where Prefect is looked for when nothing else is said.
PREFECT_PORT = 4200


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--api-port", type=int, help="0 picks a free one; by default VIDEO_SERVICE_PORT, if free"
    )
    parser.add_argument(
        "--prefect-port", type=int, help=f"0 picks a free one; by default {PREFECT_PORT}, if free"
    )
    parser.add_argument(
        "--with-parent", type=int, metavar="PID", help="stop when this parent process ends"
    )
    parser.add_argument(
        "--definitions", type=Path, default=DEFINITIONS, help="deployments, as in prefect.yaml"
    )
    parser.add_argument(
        "--fake-cloud",
        action="store_true",
        help="serve the paid services on loopback, and use those; no key is needed",
    )
    arguments = parser.parse_args(argv)
    try:
        check_settings()
        layout = Layout(StoreSettings().data_dir.absolute())
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    supervisor = Supervisor(
        layout, os.environ, arguments.definitions, with_cloud=arguments.fake_cloud
    )

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    if arguments.with_parent is not None:
        die_with_parent(arguments.with_parent, signal.SIGTERM)
    try:
        supervisor.run(
            _ports(arguments.api_port, arguments.prefect_port),
            lambda addresses: print(_greeting(addresses, layout), flush=True),
        )
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _ports(api: int | None, prefect: int | None) -> tuple[int, int]:
    """A usual port gives way when it is taken; one that was asked for does not."""
    settings = ApiSettings()
    if api is None:
        asked_for = "port" in settings.model_fields_set
        api = settings.port if asked_for or is_free(settings.port) else 0
    if prefect is None:
        prefect = PREFECT_PORT if is_free(PREFECT_PORT) else 0
    return api, prefect


def _greeting(addresses: Addresses, layout: Layout) -> str:
    cloud = f"Fake cloud   {addresses.cloud_url}/_fake/calls\n" if addresses.cloud_url else ""
    return (
        f"API          {addresses.api_url}/docs\n"
        f"Prefect UI   {addresses.prefect_url}\n"
        f"Prefect API  export PREFECT_API_URL={addresses.prefect_api_url}\n"
        f"{cloud}"
        f"Data         {layout.data_dir}\n"
        f"Logs         {layout.logs}\n"
        "Ctrl-C stops everything."
    )


if __name__ == "__main__":
    sys.exit(main())
