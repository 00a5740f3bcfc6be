"""A running ffmpeg: written to, read from, timed, and asked how it ended."""

from __future__ import annotations

import fcntl
import io
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from reels import tether
from reels.errors import FfmpegFailed, FfmpegKilled, FfmpegTimedOut
from reels.limits import Limits

#: Lines of its log that are kept, how long one may be, and how many of them an error quotes.
LOG_LINES = 400
LINE_BYTES = 2000
TAIL_LINES = 12

#: A frame of 1080×1920 would fill a pipe of the usual 64 KB fifty times.
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031

_OUT_OF_MEMORY = ("Cannot allocate memory", "get_buffer() failed", "pthread_create() failed")

#: How a process ends that others want away.
_KILLED = (-signal.SIGKILL, -signal.SIGTERM)


class PipeClosed(Exception):
    """The child reads no more: it has ended, well or badly; its status tells which."""


class Child:
    """A running ffmpeg; made by `ffmpeg.feed` and `ffmpeg.read`."""

    def __init__(
        self,
        command: list[str],
        cwd: Path,
        timeout_s: float,
        limits: Limits,
        *,
        stdin: bool = False,
        stdout: bool = False,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.popen = subprocess.Popen(
            tether.tied(command, limits),
            cwd=cwd,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=pass_fds,
        )
        if self.popen.stdout:
            _widen(self.popen.stdout)
        self._timeout_s = timeout_s
        self._limits = limits
        self._timed_out = False
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._readers = [_thread(self._read_log, self.popen.stderr)]
        self._timer = threading.Timer(timeout_s, self._time_out)
        self._timer.daemon = True
        self._timer.start()

    @property
    def log(self) -> str:
        return "\n".join(self._lines)

    def listen(self, reader: Callable[[IO[bytes]], None]) -> None:
        """Let `reader` read the output in another thread."""
        self._readers.append(_thread(reader, self.popen.stdout))

    def write(self, chunk: bytes | memoryview) -> None:
        """Write all of `chunk`; waits while ffmpeg is busy."""
        assert self.popen.stdin is not None
        rest = memoryview(chunk).cast("B")
        try:
            while rest:
                rest = rest[self.popen.stdin.write(rest) :]
        except (BrokenPipeError, ConnectionResetError):
            raise PipeClosed from None

    def fill(self, buffer: memoryview) -> int:
        """Read output until `buffer` is full or ffmpeg has ended; returns the bytes read.

        Raises as `finish` does when ffmpeg has ended before.
        """
        assert isinstance(self.popen.stdout, io.RawIOBase)
        rest = buffer
        while rest and (count := self.popen.stdout.readinto(rest)):
            rest = rest[count:]
        if rest:
            self.finish()
        return len(buffer) - len(rest)

    def lines(self) -> Iterator[bytes]:
        """The lines of the output, each cut off at `LINE_BYTES`. Raises as `finish` does."""
        assert isinstance(self.popen.stdout, io.RawIOBase)
        output = io.BufferedReader(self.popen.stdout)
        while line := output.readline(LINE_BYTES):
            yield line
        self.finish()

    def finish(self) -> None:
        """Close the input and wait for the end.

        Raises:
            FfmpegFailed: it ended with an error.
            FfmpegKilled: it was killed, and not by us.
            FfmpegTimedOut: it was killed at its limit of time or processor time.
        """
        if self.popen.stdin:
            self.popen.stdin.close()
        cpu_s = tether.cpu_s(self.popen)
        status = self.popen.wait()
        self._join()
        tail = "\n".join(list(self._lines)[-TAIL_LINES:])
        limit = self._passed_limit(status, cpu_s)
        if limit:
            raise FfmpegTimedOut(
                f"ffmpeg was killed: it ran longer than its limit of {limit}.",
                remedy="Check the input media, or allow more time.",
            )
        if status in _KILLED:
            raise FfmpegKilled(_failure(status, tail), stderr_tail=tail)
        if status != 0:
            raise FfmpegFailed(_failure(status, tail), stderr_tail=tail, remedy=self._remedy(tail))

    def end(self) -> None:
        """Kill what still runs and collect it."""
        self._timer.cancel()
        if self.popen.poll() is None:
            tether.kill(self.popen)
            self.popen.wait()
        self._join()
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()

    def _passed_limit(self, status: int, cpu_s: float) -> str:
        if self._timed_out:
            return f"{self._timeout_s:g} s"
        most_s = self._limits.cpu_s
        # The kernel looks a few times a second.
        if most_s and status == -signal.SIGKILL and cpu_s > 0.9 * most_s:
            return f"{most_s} s of processor time"
        return ""

    def _remedy(self, tail: str) -> str:
        if self._limits.memory_bytes and any(sign in tail for sign in _OUT_OF_MEMORY):
            return f"It may use {self._limits.memory_bytes >> 20} MB: use smaller media."
        return ""

    def _join(self) -> None:
        for reader in self._readers:
            reader.join()

    def _time_out(self) -> None:
        self._timed_out = True
        tether.kill(self.popen)

    def _read_log(self, stream: io.RawIOBase) -> None:
        lines = io.BufferedReader(stream)
        while line := lines.readline(LINE_BYTES):
            self._lines.append(line.decode("utf-8", "replace").rstrip())


def _failure(status: int, tail: str) -> str:
    if status < 0:
        return f"ffmpeg was ended by signal {-status}."
    said = "; ".join(tail.splitlines()[-2:]) or "it said nothing"
    return f"ffmpeg ended with status {status}: {said}"


def _widen(pipe: IO[bytes]) -> None:
    # Only Linux can, and not beyond what a user may have.
    with suppress(OSError):
        fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)


def _thread(target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread
