"""`make up`: the whole embedded stack, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from deployments.engine.child import die_with_parent
from deployments.layout import Addresses, Layout
from deployments.plan import DEFINITIONS
from deployments.supervisor import Supervisor
from reels.errors import ReelsError
from reels.settings import StoreSettings


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api-port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--prefect-port", type=int, default=0, help="0 picks a free one")
    parser.add_argument(
        "--with-parent", type=int, metavar="PID", help="stop when this parent process ends"
    )
    parser.add_argument(
        "--definitions", type=Path, default=DEFINITIONS, help="deployments, as in prefect.yaml"
    )
    arguments = parser.parse_args(argv)
    layout = Layout(StoreSettings().data_dir.absolute())
    supervisor = Supervisor(layout, os.environ, arguments.definitions)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    if arguments.with_parent is not None:
        die_with_parent(arguments.with_parent, signal.SIGTERM)
    try:
        supervisor.run(
            (arguments.api_port, arguments.prefect_port),
            lambda addresses: print(_greeting(addresses, layout), flush=True),
        )
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _greeting(addresses: Addresses, layout: Layout) -> str:
    return (
        f"API          {addresses.api_url}/docs\n"
        f"Prefect UI   {addresses.prefect_url}\n"
        f"Prefect API  export PREFECT_API_URL={addresses.prefect_api_url}\n"
        f"Data         {layout.data_dir}\n"
        f"Logs         {layout.logs}\n"
        "Ctrl-C stops everything."
    )


if __name__ == "__main__":
    sys.exit(main())
