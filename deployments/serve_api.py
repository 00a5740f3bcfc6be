"""Serves the API: wires the gateway to Prefect, the artifact store and the settings.

Run as `python -m deployments.serve_api [--port N]`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from api.app import create_app
from api.app_settings import AppSettings
from api.jobs.gateway import PrefectGateway
from blocks.credentials import access_from_block
from blocks.registry import load_store
from deployments.api_server import Server
from deployments.checking import check_settings
from deployments.collecting import collect_rarely
from reels.cloud.access import add_source
from reels.errors import ReelsError
from reels.observing.lines import start_logging
from reels.observing.starting import start_telling


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, help="in place of VIDEO_SERVICE_PORT")
    arguments = parser.parse_args(argv)
    try:
        check_settings()
        settings = AppSettings()
        start_logging(settings.observing.log_format, settings.observing.log_level)
        start_telling(settings.observing, "reelwright-api")
        add_source(access_from_block)
        gateway = PrefectGateway(reviewers=settings.auth.reviewers)
        app = create_app(gateway, load_store(), settings)
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    collect_rarely()
    port = settings.api.port if arguments.port is None else arguments.port
    return 0 if Server(app, settings.api.host, port).serve_until_stopped() else 1


if __name__ == "__main__":
    sys.exit(main())
