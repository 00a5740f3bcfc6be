"""Room in a machine's memory: who has how much of it, so that what does not fit waits.

Each that is at work is a file in one directory, which says how many bytes it may come to, and
which its process has locked: the kernel takes the lock back from whoever is killed. Those who
wait do so in line, so that a large one is not passed over by small ones for ever.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from reels.errors import TooLarge

#: The first in line looks for room so often.
POLL_S: Final = 0.25
_DOOR, _LEDGER = "door", "ledger"
_MB: Final = 1_000_000


@contextmanager
def room(
    directory: Path,
    need_bytes: int,
    most_bytes: int,
    what: str,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold `need_bytes` of the `most_bytes` that all share who come to this directory.

    Waits until the others leave enough. `on_wait` is called once if that is not at once.
    `what` names the work in a refusal.

    Raises:
        TooLarge: it would not fit if it were alone.
    """
    if need_bytes > most_bytes:
        raise TooLarge(
            f"{what} needs about {need_bytes // _MB:,} MB of memory, and work on this machine "
            f"may take {most_bytes // _MB:,} MB.",
            remedy="Give the machine or the container more memory, or have fewer processors "
            "share it; see VIDEO_SERVICE_WORKER_MEMORY_MB.",
        )
    directory.mkdir(parents=True, exist_ok=True)
    place = directory / f"{uuid4().hex}.{need_bytes}"
    with _in_line(directory, on_wait) as waits:
        while (held := _taken(directory, place, need_bytes, most_bytes)) is None:
            waits()
            time.sleep(POLL_S)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        os.close(held)


@contextmanager
def _in_line(directory: Path, on_wait: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """As the first in line. Whoever is not waits in the kernel, and costs nothing."""
    told = False

    def waits() -> None:
        nonlocal told
        if not told:
            told = True
            on_wait()

    door = os.open(directory / _DOOR, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locks(door):
            waits()
            fcntl.flock(door, fcntl.LOCK_EX)
        yield waits
    finally:
        os.close(door)


def _taken(directory: Path, place: Path, need_bytes: int, most_bytes: int) -> int | None:
    """A place in the room, held as long as this file is open; None: there is none yet."""
    ledger = os.open(directory / _LEDGER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        if _held_bytes(directory) + need_bytes > most_bytes:
            return None
        held = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        return held
    finally:
        os.close(ledger)


def _held_bytes(directory: Path) -> int:
    """What those have who are there; what a killed one has left is cleared."""
    total = 0
    for place in directory.glob("*.[0-9]*"):
        with suppress(FileNotFoundError):
            file = os.open(place, os.O_RDWR | os.O_CLOEXEC)
            try:
                if _locks(file):
                    place.unlink()
                else:
                    total += int(place.suffix[1:])
            finally:
                os.close(file)
    return total


def _locks(file: int) -> bool:
    """Lock it if nobody else has; whether that was done."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
