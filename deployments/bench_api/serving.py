"""The two processes that are measured, for as long as a block of code runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments.layout import Addresses, Layout
from deployments.plan import answers, free_addresses
from deployments.pools import REPOSITORY
from deployments.service import Service, stop_all
from reels.errors import Unavailable

_START_S = 120.0
_STOP_S = 6.0


@contextmanager
def serving(data_dir: Path, jobs: int) -> Iterator[Addresses]:
    """A Prefect server with so many jobs, and an API before it.

    Raises:
        Unavailable: one of them did not start; the message ends with its log.
    """
    layout = Layout(data_dir.absolute())
    layout.make()
    addresses = free_addresses()
    environment = layout.environment(addresses, os.environ) | {"VIDEO_SERVICE_STORE": "local"}
    server_words = ["deployments.server", "--port", addresses.prefect_url.rpartition(":")[2]]
    api_words = ["deployments.serve_api", "--port", addresses.api_url.rpartition(":")[2]]
    server, api = (
        Service(name, [sys.executable, "-m", *words], environment, layout.logs)
        for name, words in (("server", server_words), ("api", api_words))
    )
    _seed(jobs, environment)
    try:
        server.start()
        _wait(server, lambda: answers(f"{addresses.prefect_api_url}/health"))
        api.start()
        _wait(api, lambda: answers(f"{addresses.api_url}/health"))
        yield addresses
    finally:
        stop_all([api, server], _STOP_S)


def _seed(jobs: int, environment: dict[str, str]) -> None:
    words = [sys.executable, "-W", "ignore", "-m", "deployments.bench_api.seed", str(jobs)]
    subprocess.run(words, cwd=REPOSITORY, env=environment, check=True)


def _wait(service: Service, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_S
    while not is_ready():
        if not service.is_running or time.monotonic() > deadline:
            raise Unavailable(f"The {service.name} did not start.\n{service.tail()}")
        time.sleep(0.1)
