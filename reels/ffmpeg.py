"""The one way by which ffmpeg is run.

A run is tied to its caller: it shares the caller's process group, so a signal sent to
the group reaches it; it is killed when the caller leaves by an exception
(KeyboardInterrupt, SystemExit out of a SIGTERM handler); and on Linux the kernel kills
it when the caller dies without a word (PR_SET_PDEATHSIG).

PR_SET_PDEATHSIG follows the *thread* that started the child. That is safe here because
`run` and `feed` do not return before the child is gone, so the thread outlives it. The
signal is set by a launcher that then becomes ffmpeg (about 10 ms): a `preexec_fn` would
run Python between fork and exec of a process full of threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from reels.errors import FfmpegFailed, FfmpegTimedOut

#: Lines of ffmpeg's own log that a run keeps, and that an error quotes.
LOG_LINES = 400
TAIL_LINES = 12

_LAUNCHER = (
    "import ctypes,os,sys;"
    "ctypes.CDLL(None).prctl(1,9);"
    "os.getppid()==int(sys.argv[1]) or sys.exit(1);"
    "os.execv(sys.argv[2],sys.argv[2:])"
)


class Group:
    """Runs that end together: `kill` ends those that run and those that start later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: set[subprocess.Popen[bytes]] = set()
        self._killed = False

    def add(self, member: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._members.add(member)
            if self._killed:
                member.kill()

    def discard(self, member: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._members.discard(member)

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            for member in self._members:
                member.kill()


def binary() -> str:
    """The path of ffmpeg: the one that ships in imageio-ffmpeg's wheel."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run(
    args: Sequence[str],
    cwd: Path,
    timeout_s: float,
    stdin: Iterable[bytes | memoryview] | None = None,
    on_progress: Callable[[float], None] | None = None,
    group: Group | None = None,
) -> str:
    """Run ffmpeg with `args` in `cwd` to its end; returns the last lines of its log.

    `stdin`, when given, is written to ffmpeg's standard input chunk by chunk.
    `on_progress` is called, from another thread, with the seconds of output made so far.

    Raises:
        FfmpegFailed: it ended with an error.
        FfmpegTimedOut: it was killed after `timeout_s` seconds.
    """
    piped = stdin is not None
    with feed(args, cwd, timeout_s, piped=piped, on_progress=on_progress, group=group) as process:
        for chunk in stdin or ():
            process.write(chunk)
    return process.log


@contextmanager
def feed(
    args: Sequence[str],
    cwd: Path,
    timeout_s: float,
    *,
    piped: bool = True,
    on_progress: Callable[[float], None] | None = None,
    group: Group | None = None,
) -> Iterator[Process]:
    """Run ffmpeg while the body writes its standard input; leaves when ffmpeg has ended.

    Must be entered and left in one thread. Raises as `run` does; an exception of the
    body kills ffmpeg and passes on.
    """
    process = Process(args, cwd, timeout_s, piped=piped, on_progress=on_progress)
    members = group or Group()
    members.add(process.popen)
    try:
        with suppress(_PipeClosed):
            yield process
        process.finish()
    finally:
        process.end()
        members.discard(process.popen)


class _PipeClosed(Exception):
    """ffmpeg reads no more: it has ended, well or badly; its status tells which."""


class Process:
    """A running ffmpeg; made by `feed`."""

    def __init__(
        self,
        args: Sequence[str],
        cwd: Path,
        timeout_s: float,
        *,
        piped: bool,
        on_progress: Callable[[float], None] | None,
    ) -> None:
        self.popen = subprocess.Popen(
            _command(args, piped=piped, progress=on_progress is not None),
            cwd=cwd,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if on_progress else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._timeout_s = timeout_s
        self._timed_out = False
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._readers = [_thread(self._read_log, self.popen.stderr)]
        if on_progress:
            self._readers.append(_thread(_read_progress, self.popen.stdout, on_progress))
        self._timer = threading.Timer(timeout_s, self._time_out)
        self._timer.daemon = True
        self._timer.start()

    @property
    def log(self) -> str:
        return "\n".join(self._lines)

    def write(self, chunk: bytes | memoryview) -> None:
        """Write all of `chunk`; waits while ffmpeg is busy."""
        assert self.popen.stdin is not None
        rest = memoryview(chunk).cast("B")
        try:
            while rest:
                rest = rest[self.popen.stdin.write(rest) :]
        except (BrokenPipeError, ConnectionResetError):
            raise _PipeClosed from None

    def finish(self) -> None:
        """Close the input and wait for the end. Raises as `run` does."""
        if self.popen.stdin:
            self.popen.stdin.close()
        status = self.popen.wait()
        self._join()
        if self._timed_out:
            raise FfmpegTimedOut(
                f"ffmpeg was killed: it ran longer than its limit of {self._timeout_s:g} s.",
                remedy="Check the input media, or allow more time.",
            )
        if status != 0:
            tail = "\n".join(list(self._lines)[-TAIL_LINES:])
            raise FfmpegFailed(_failure(status, tail), stderr_tail=tail)

    def end(self) -> None:
        """Kill what still runs and collect it."""
        self._timer.cancel()
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        self._join()
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()

    def _join(self) -> None:
        for reader in self._readers:
            reader.join()

    def _time_out(self) -> None:
        self._timed_out = True
        self.popen.kill()

    def _read_log(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.append(line.decode("utf-8", "replace").rstrip())


def _command(args: Sequence[str], *, piped: bool, progress: bool) -> list[str]:
    command = [binary(), "-hide_banner", "-nostats", "-loglevel", "warning", "-y"]
    if not piped:
        command.append("-nostdin")
    if progress:
        command += ["-progress", "pipe:1"]
    return [*_tether(), *command, *args]


@cache
def _launcher() -> tuple[str, ...]:
    if not sys.platform.startswith("linux") or not sys.executable:
        return ()
    return (sys.executable, "-I", "-S", "-c", _LAUNCHER)


def _tether() -> list[str]:
    launcher = _launcher()
    return [*launcher, str(os.getpid())] if launcher else []


def _failure(status: int, tail: str) -> str:
    if status < 0:
        return f"ffmpeg was ended by signal {-status}."
    said = "; ".join(tail.splitlines()[-2:]) or "it said nothing"
    return f"ffmpeg ended with status {status}: {said}"


def _read_progress(stream: IO[bytes], on_progress: Callable[[float], None]) -> None:
    for line in stream:
        name, _, value = line.decode("ascii", "replace").strip().partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            on_progress(max(0, int(value)) / 1e6)


def _thread(target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread
