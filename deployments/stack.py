"""A stack for as long as a block of code runs: for the demo, the measurements and the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deployments.layout import SUPERVISOR_LOG, Addresses, Layout
from deployments.plan import DEFINITIONS
from deployments.pools import REPOSITORY
from reels.errors import Unavailable

STOP_DEADLINE_S = 30.0


@dataclass(frozen=True)
class Stack:
    """A stack that is up."""

    addresses: Addresses
    layout: Layout
    supervisor_pid: int
    started_in_s: float


@contextmanager
def running_stack(
    data_dir: Path,
    *,
    environment: Mapping[str, str] | None = None,
    definitions: Path = DEFINITIONS,
    with_cloud: bool = False,
) -> Iterator[Stack]:
    """Start a stack in `data_dir`, and stop all of it at the end of the block.

    `environment` is added to this process's own. The stack ends with this process, even
    when that is killed.

    Raises:
        Unavailable: it did not start; the message is the supervisor's own.
    """
    layout = Layout(data_dir.absolute())
    layout.logs.mkdir(parents=True, exist_ok=True)
    log = layout.logs / SUPERVISOR_LOG
    began = time.monotonic()
    options = ["--definitions", str(definitions), *(["--fake-cloud"] if with_cloud else [])]
    supervisor = _start(layout, log, environment or {}, options)
    try:
        addresses = _wait(layout, supervisor, log)
        yield Stack(addresses, layout, supervisor.pid, time.monotonic() - began)
    finally:
        _stop(supervisor)


def _start(
    layout: Layout, log: Path, environment: Mapping[str, str], options: Sequence[str]
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "deployments.up", *options),
                *("--with-parent", str(os.getpid()), "--api-port", "0", "--prefect-port", "0"),
            ],
            cwd=REPOSITORY,
            env={**os.environ, **environment, "VIDEO_SERVICE_DATA_DIR": str(layout.data_dir)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches this process alone, which then stops the stack in order.
            start_new_session=True,
        )


def _wait(layout: Layout, supervisor: subprocess.Popen[bytes], log: Path) -> Addresses:
    while True:
        if supervisor.poll() is not None:
            raise Unavailable(f"The stack did not start.\n{log.read_text(errors='replace')}")
        addresses = layout.read_addresses(supervisor.pid)
        if addresses is not None:
            return addresses
        time.sleep(0.05)


def _stop(supervisor: subprocess.Popen[bytes]) -> None:
    if supervisor.poll() is None:
        supervisor.send_signal(signal.SIGTERM)
    try:
        supervisor.wait(timeout=STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
