"""Tells each change of a job to users' webhooks, and to the sinks that the settings name.

Run as `python -m deployments.status`, beside the server that PREFECT_API_URL names; the
embedded stack does so by itself. `--make-table` makes the table `videos` and ends.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from reels.errors import InvalidInput, ReelsError
from reels.observing.lines import JsonLine, TextLine
from reels.settings import ObservingSettings, StatusSettings
from reels.sinks import configured_sinks
from reels.sinks.postgres import PostgresSink


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deployments.status", description=__doc__)
    parser.add_argument(
        "--make-table", action="store_true", help="make the table in VIDEO_SERVICE_STATUS_DSN"
    )
    arguments = parser.parse_args(argv)
    try:
        _log(logging.getLogger("deployments.status"))
        settings = StatusSettings()
        if arguments.make_table:
            _make_table(settings)
        else:
            from deployments.status.following import follow

            follow(configured_sinks(settings), settings)
    except (ReelsError, ValidationError) as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _log(ours: logging.Logger) -> None:
    """Only ours: what the HTTP libraries log holds addresses, and those may be secrets."""
    settings = ObservingSettings()
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if settings.log_format == "json" else TextLine())
    ours.addHandler(handler)
    ours.setLevel(settings.log_level)
    ours.propagate = False


def _make_table(settings: StatusSettings) -> None:
    sink = PostgresSink.configured(settings)
    if sink is None:
        raise InvalidInput("status_dsn", "VIDEO_SERVICE_STATUS_DSN is not set.")
    sink.make_table()
    sink.close()
    print("The table videos is there.")


if __name__ == "__main__":
    sys.exit(main())
