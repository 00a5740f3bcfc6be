"""The worker of one pool in a container: its warm engine beside it, and a stop that ends no run.

Run as `python -m deployments.host render`. The pools must be made with the same directory of
sockets: `python -m deployments.bootstrap --sockets /run/reelwright`. Asked to stop, the worker
takes no further run, and ends when those that it has have ended, after `--grace-s` in any case.
Several hosts of one pool on one machine need REELWRIGHT_SOCKETS, a directory for each of them.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from types import FrameType

from deployments.capacity import environment, here
from deployments.engine.child import die_with_parent
from deployments.engine.client import SOCKETS_VARIABLE
from deployments.engine.processes import descendants, kill_tree
from deployments.engine.sockets import is_alive
from deployments.pools import REPOSITORY, Pool, pools
from deployments.worker import TAKE_NO_MORE

SOCKETS = Path(os.environ.get(SOCKETS_VARIABLE, "/run/reelwright"))
#: A container's engine has a cold disk to import from.
ENGINE_DEADLINE_S = 180.0
#: Longer than a worker takes from a run's place in it to the run's process.
QUIET_S = 5.0
STOP_S = 10.0
POLL_S = 0.2


class Host:
    """One pool's engine and worker. `stop` may be set by a signal handler."""

    def __init__(self, pool: Pool, sockets: Path, options: Sequence[str], grace_s: float) -> None:
        self.stop = Event()
        self._grace_s = grace_s
        self._socket = sockets / f"{pool.name}.sock"
        words = ("--preload", *pool.preload, *pool.warm)
        self._engine_words = ("deployments.engine.server", str(self._socket), *words)
        self._worker_words = (
            *("deployments.worker", "start", "--type", "process", "--pool", pool.name),
            *("--with-healthcheck", *options),
        )

    def run(self) -> int:
        """Until asked to stop: 0. Until the engine or the worker has ended by itself: 1."""
        self._socket.parent.mkdir(parents=True, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        engine = _start(self._engine_words)
        try:
            self._wait_for(engine)
            worker = _start(self._worker_words)
            try:
                self._watch(engine, worker)
                self._drain(worker)
            finally:
                _end(worker)
        finally:
            _end(engine)
        return 0 if self.stop.is_set() else 1

    def _wait_for(self, engine: subprocess.Popen[bytes]) -> None:
        """Without an engine runs still start, only slower: so not for ever."""
        deadline = time.monotonic() + ENGINE_DEADLINE_S
        while engine.poll() is None and time.monotonic() < deadline and not is_alive(self._socket):
            if self.stop.wait(POLL_S):
                return

    def _watch(self, *processes: subprocess.Popen[bytes]) -> None:
        while all(process.poll() is None for process in processes):
            if self.stop.wait(POLL_S):
                return

    def _drain(self, worker: subprocess.Popen[bytes]) -> None:
        """Until the worker has had no run for a while. A run is a process below it."""
        if worker.poll() is not None:
            return
        worker.send_signal(TAKE_NO_MORE)
        began = busy_at = time.monotonic()
        while worker.poll() is None and time.monotonic() < began + self._grace_s:
            if descendants(worker.pid):
                busy_at = time.monotonic()
            elif time.monotonic() > busy_at + QUIET_S:
                return
            time.sleep(POLL_S)


def serve(host: Host) -> int:
    """Run it until SIGINT or SIGTERM; returns as `Host.run`."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        host.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return host.run()


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    host = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(host),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        kill_tree(process.pid)
        process.wait()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", choices=sorted(pool.name for pool in pools()))
    parser.add_argument("--sockets", type=Path, default=SOCKETS, help="directory of the sockets")
    parser.add_argument("--limit", type=int, help="runs at once; by default by cores and memory")
    parser.add_argument(
        "--grace-s", type=float, default=600.0, help="seconds for which a stop waits for the runs"
    )
    arguments = parser.parse_args(argv)
    fit = here(arguments.pool)
    os.environ.update(environment(fit))
    pool = next(pool for pool in pools(fit) if pool.name == arguments.pool)
    limit = arguments.limit or pool.limit
    options = ("--limit", str(limit))
    return serve(Host(pool, arguments.sockets, options, arguments.grace_s))


if __name__ == "__main__":
    sys.exit(main())
