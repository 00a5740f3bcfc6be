"""The one way by which ffmpeg is run: left alone, written to, or read from.

A run is tied to its caller: it shares the caller's process group, so a signal sent to
the group reaches it; it is killed, with all that it started, when the caller leaves by an
exception (KeyboardInterrupt, SystemExit out of a SIGTERM handler) and at its time limit;
and on Linux the kernel kills it when the caller dies without a word (PR_SET_PDEATHSIG),
and holds it to its limits of memory, processor time and file size.

PR_SET_PDEATHSIG follows the *thread* that started the child. That is safe here because
`run`, `feed` and `read` do not return before the child is gone, so the thread outlives it.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from reels import tether
from reels.child import Child, PipeClosed
from reels.limits import OURS, Limits


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
                tether.kill(member)

    def discard(self, member: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._members.discard(member)

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            for member in self._members:
                tether.kill(member)


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
    limits: Limits = OURS,
) -> str:
    """Run ffmpeg with `args` in `cwd` to its end; returns the last lines of its log.

    `stdin`, when given, is written to ffmpeg's standard input chunk by chunk.
    `on_progress` is called, from another thread, with the seconds of output made so far.

    Raises:
        FfmpegFailed: it ended with an error.
        FfmpegTimedOut: it was killed after `timeout_s` seconds, or at `limits.cpu_s`.
    """
    piped = stdin is not None
    with feed(
        args, cwd, timeout_s, piped=piped, on_progress=on_progress, group=group, limits=limits
    ) as child:
        for chunk in stdin or ():
            child.write(chunk)
    return child.log


@contextmanager
def feed(
    args: Sequence[str],
    cwd: Path,
    timeout_s: float,
    *,
    piped: bool = True,
    on_progress: Callable[[float], None] | None = None,
    group: Group | None = None,
    limits: Limits = OURS,
    pass_fds: Sequence[int] = (),
) -> Iterator[Child]:
    """Run ffmpeg while the body writes its standard input; leaves when ffmpeg has ended.

    `pass_fds` are open files that it has too, under the same numbers (`pipe:N`).

    Must be entered and left in one thread. Raises as `run` does; an exception of the
    body kills ffmpeg and passes on.
    """
    command = _command(args, piped=piped, progress=on_progress is not None)
    listens = on_progress is not None
    child = Child(command, cwd, timeout_s, limits, stdin=piped, stdout=listens, pass_fds=pass_fds)
    with _held(child, group):
        if on_progress:
            child.listen(lambda stream: _read_progress(stream, on_progress))
        with suppress(PipeClosed):
            yield child
        child.finish()


@contextmanager
def read(
    args: Sequence[str],
    cwd: Path,
    timeout_s: float,
    *,
    group: Group | None = None,
    limits: Limits = OURS,
) -> Iterator[Child]:
    """Run ffmpeg while the body reads its standard output; leaving the body kills it.

    Must be entered and left in one thread. `Child.fill` raises as `run` does.
    """
    command = _command(args, piped=False, progress=False)
    with _held(Child(command, cwd, timeout_s, limits, stdout=True), group) as child:
        yield child


@contextmanager
def _held(child: Child, group: Group | None) -> Iterator[Child]:
    members = group or Group()
    members.add(child.popen)
    try:
        yield child
    finally:
        child.end()
        members.discard(child.popen)


def _command(args: Sequence[str], *, piped: bool, progress: bool) -> list[str]:
    command = [binary(), "-hide_banner", "-nostats", "-loglevel", "warning", "-y"]
    if not piped:
        command.append("-nostdin")
    if progress:
        command += ["-progress", "pipe:1"]
    return [*command, *args]


def _read_progress(stream: IO[bytes], on_progress: Callable[[float], None]) -> None:
    for line in stream:
        name, _, value = line.decode("ascii", "replace").strip().partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            on_progress(max(0, int(value)) / 1e6)
