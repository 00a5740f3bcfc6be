"""Runs one of our workers in a child that may use little and reach nothing.

The child gets its task on its standard input and answers on its standard output: a line of
JSON, then the bytes of a picture. It has no environment of ours, may write no file, and
closes itself to files and sockets while it works on foreign text (`closed`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from reels import tether
from reels.errors import BadOutput, InvalidInput, ProviderError, TransientFailure
from reels.limits import Limits

#: Measured: a formula takes 0.4 s and 60 MB, a diagram 1 to 4 s and 130 MB.
#: What runs on is ended by its processor time; the clock only ends what a busy machine starves.
TIME_S = 60.0
CPU_S = 9
LIMITS = Limits(memory_bytes=500 << 20, cpu_s=CPU_S, file_bytes=0)
_MAX_ANSWER_BYTES = 32 << 20
_ROOT = Path(__file__).parents[2]


class Drawing(NamedTuple):
    """A worker's answer: what it measured, and a PNG with transparent ground."""

    facts: dict[str, Any]
    png: bytes


def draw(worker: str, task: dict[str, Any], field: str) -> Drawing:
    """Let `reels.vector.<worker>` do `task`; `field` is the value that it draws.

    Raises:
        InvalidInput: the text cannot be drawn, or takes more than the child may use.
        TransientFailure: the machine was too busy to draw it in time.
        BadOutput: the worker broke.
    """
    provider = field.rpartition(".")[2]
    child = _start(worker)
    late = threading.Event()
    timer = threading.Timer(TIME_S, _end, (child, late))
    timer.daemon = True
    timer.start()
    try:
        answer = _exchange(child, json.dumps(task).encode())
        cpu_s = tether.cpu_s(child)
        status = child.wait()
    finally:
        timer.cancel()
        _end(child)
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream:
                stream.close()
    if late.is_set() or status < 0:
        raise _killed(field, provider, late.is_set(), cpu_s, status)
    return _read(answer, status, field, provider)


@contextmanager
def closed() -> Iterator[None]:
    """No file and no socket can be opened in here; for workers."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))


def _start(worker: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-s", "-P", "-m", f"reels.vector.{worker}"]
    return subprocess.Popen(
        tether.tied(command, LIMITS),
        cwd="/",
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }


def _exchange(child: subprocess.Popen[bytes], task: bytes) -> bytes:
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError):
        child.stdin.write(task)
        child.stdin.close()
    answer = child.stdout.read(_MAX_ANSWER_BYTES + 1)
    if len(answer) > _MAX_ANSWER_BYTES:
        _end(child)
    return answer


def _end(child: subprocess.Popen[bytes], late: threading.Event | None = None) -> None:
    if child.poll() is None:
        if late is not None:
            late.set()
        tether.kill(child)


def _killed(
    field: str, provider: str, late: bool, cpu_s: float, status: int
) -> InvalidInput | ProviderError:
    if late and cpu_s < CPU_S:
        return TransientFailure(
            provider,
            f"Drawing it took longer than {TIME_S:g} s on a busy machine.",
            remedy="Try again.",
        )
    spent = late or cpu_s > CPU_S - 2
    why = f"it took longer than {CPU_S} s of work" if spent else f"signal {-status}"
    return InvalidInput(
        field,
        f"{field} cannot be drawn within its limits: {why}.",
        remedy="Make it simpler or smaller.",
    )


def _read(answer: bytes, status: int, field: str, provider: str) -> Drawing:
    head, _, png = answer.partition(b"\n")
    try:
        facts = json.loads(head)
    except ValueError:
        raise BadOutput(
            provider, f"The worker that draws {field} ended with status {status}."
        ) from None
    if "refused" in facts:
        raise InvalidInput(field, f"{field}: {facts['refused']}", remedy=facts["remedy"])
    return Drawing(facts, png)
