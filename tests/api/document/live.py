"""The API as its own process, with keys: as a fuzzer or a generated client meets it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient

from api.jobs.patience import tls
from tests.api.conftest import wait_until_healthy

ROOT = Path(__file__).parents[3]
_NO_LIMIT = "1000000/minute"


@dataclass(frozen=True)
class LiveApi:
    """Where it is, a key of a user's, and its log."""

    url: str
    key: str
    log: Path

    def errors(self) -> list[str]:
        """Lines of errors that nobody caught."""
        return [line for line in self.log.read_text().splitlines() if "Traceback" in line]


@contextmanager
def serving(prefect_url: str, folder: Path) -> Iterator[LiveApi]:
    """The API before a Prefect server that knows the deployments, until the block ends."""
    _make_deployments(prefect_url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if "VIDEO_SERVICE" not in name},
        "PREFECT_API_URL": prefect_url,
        "VIDEO_SERVICE_STORE": "local",
        "VIDEO_SERVICE_DATA_DIR": str(folder / "data"),
        "VIDEO_SERVICE_AUTH": "api-key",
        "VIDEO_SERVICE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "VIDEO_SERVICE_RATE_CHANGES": _NO_LIMIT,
        "VIDEO_SERVICE_RATE_READS": _NO_LIMIT,
        "VIDEO_SERVICE_RATE_REFUSED": _NO_LIMIT,
    }
    key = _make_key(environment)
    log = folder / "api.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "deployments.serve_api", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, server)
        yield LiveApi(url, key, log)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _make_deployments(prefect_url: str) -> None:
    with SyncPrefectClient(prefect_url, httpx_settings={"verify": tls()}) as client:
        for name in ("make-video", "make-slideshow", "package-hls", "run-scenario"):
            client.create_deployment(client.create_flow_from_name(name), name="default")


def _make_key(environment: dict[str, str]) -> str:
    made = subprocess.run(
        [sys.executable, "-m", "deployments.keys", "make", "--user", "ann", "--role", "ops"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return next(word for word in made.stdout.split() if word.startswith("rw_"))
