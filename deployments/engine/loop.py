"""The engine's one loop: accept, fork, pass signals on, reap, tell the client."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from deployments.engine import processes
from deployments.engine.child import Request
from deployments.engine.client import ENDED, STARTED
from deployments.engine.sockets import receive

#: A run that was told to end gets this long before its helpers (ffmpeg) are told too: a task
#: in a thread waits for its helper, and the run for the task.
HELPERS_TERM_AFTER_S = 2.0
HELPERS_KILL_AFTER_S = 6.0
#: The stock worker gives a run 30 s after SIGTERM; an engine that stops is less patient.
STOP_KILL_AFTER_S = 8.0


@dataclass
class Run:
    """A forked flow run. `steps` are signals to its helpers, each with its monotonic time."""

    pid: int
    client: socket.socket
    steps: list[tuple[float, int]] = field(default_factory=list)


class Engine:
    """Serves one socket until SIGTERM or SIGINT."""

    def __init__(self, listener: socket.socket, path: Path) -> None:
        self._listener = listener
        self._path = path
        self._runs: dict[int, Run] = {}
        self._stop_at: float | None = None
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._selector = selectors.DefaultSelector()

    def serve(self) -> Request | None:
        """Returns None when the engine has stopped, and in every child what it is to become."""
        self._prepare()
        print(f"engine: {os.getpid()} listens at {self._path}", file=sys.stderr, flush=True)
        while self._stop_at is None or self._runs:
            for key, _events in self._selector.select(self._seconds_to_next_step()):
                if key.fileobj is self._wake_reader:
                    self._on_signal()
                elif key.fileobj is self._listener:
                    request = self._on_connection()
                    if request is not None:
                        return request
                else:
                    self._on_client(key.data)
            self._reap()
            self._escalate()
        return None

    def _prepare(self) -> None:
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._listener.setblocking(False)
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda _number, _frame: None)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _on_signal(self) -> None:
        received = self._wake_reader.recv(4096)
        if self._stop_at is None and {signal.SIGTERM, signal.SIGINT} & set(received):
            self._stop()

    def _stop(self) -> None:
        self._path.unlink(missing_ok=True)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._stop_at = time.monotonic() + STOP_KILL_AFTER_S
        for run in self._runs.values():
            self._tell(run, signal.SIGTERM)

    def _on_connection(self) -> Request | None:
        """Fork for a new client. Returns its request in the child, None in the engine."""
        try:
            client, _address = self._listener.accept()
        except OSError:
            return None
        request = receive(client)
        if request is None or _has_hung_up(client):
            client.close()
            return None
        try:
            pid = os.fork()
        except OSError as error:
            print(f"engine: cannot fork: {error}", file=sys.stderr, flush=True)
            pid = -1
        if pid == 0:
            client.close()
            self._let_go()
            return request
        for descriptor in request.stdio:
            os.close(descriptor)
        if pid < 0:
            client.close()
            return None
        self._watch(Run(pid, client))
        return None

    def _let_go(self) -> None:
        """In a child: close all that belongs to the engine."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for held in (self._listener, self._wake_reader, self._wake_writer):
            held.close()
        for run in self._runs.values():
            run.client.close()

    def _watch(self, run: Run) -> None:
        self._runs[run.pid] = run
        run.client.setblocking(False)
        self._selector.register(run.client, selectors.EVENT_READ, run)
        _answer(run.client, STARTED, run.pid)

    def _on_client(self, run: Run) -> None:
        if run.pid not in self._runs:
            return
        try:
            received = run.client.recv(64)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            # The worker's hard kill took the client; the run has to follow.
            self._selector.unregister(run.client)
            run.steps.clear()
            processes.kill_tree(run.pid)
        for number in received:
            self._tell(run, number)

    def _tell(self, run: Run, number: int) -> None:
        if number in (signal.SIGTERM, signal.SIGINT) and not run.steps:
            now = time.monotonic()
            run.steps = [
                (now + HELPERS_TERM_AFTER_S, signal.SIGTERM),
                (now + HELPERS_KILL_AFTER_S, signal.SIGKILL),
            ]
        processes.send(run.pid, number)

    def _seconds_to_next_step(self) -> float | None:
        moments = [step[0] for run in self._runs.values() for step in run.steps[:1]]
        if self._stop_at is not None:
            moments.append(self._stop_at)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _escalate(self) -> None:
        now = time.monotonic()
        for run in self._runs.values():
            while run.steps and run.steps[0][0] <= now:
                _moment, number = run.steps.pop(0)
                for helper in processes.descendants(run.pid):
                    processes.send(helper, number)
        if self._stop_at is not None and self._stop_at <= now:
            self._stop_at = now + 1.0
            for run in self._runs.values():
                processes.kill_tree(run.pid)

    def _reap(self) -> None:
        for run in list(self._runs.values()):
            pid, status = os.waitpid(run.pid, os.WNOHANG)
            if pid == 0:
                continue
            processes.kill_group(run.pid)
            del self._runs[run.pid]
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(run.client)
            _answer(run.client, ENDED, status)
            run.client.close()


def _answer(client: socket.socket, kind: bytes, number: int) -> None:
    with contextlib.suppress(OSError):
        client.send(kind + number.to_bytes(4, "big"))


def _has_hung_up(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
