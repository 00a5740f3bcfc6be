"""A directory that a job finds again when it is retried on this machine."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reels.errors import Unavailable
from reels.settings import StoreSettings

#: A desk that nobody has sat down at for so long is cleared: its job was given up.
LEFT_AFTER_S: Final = 86_400
#: How long an attempt that is being ended may still sit there.
_PATIENCE_S: Final = 60.0
_LOCK, _BOOT = "lock", "boot"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def desk(job_id: str) -> Iterator[Path]:
    """The desk of a job, for one attempt at a time. It stays when the body fails or dies, and
    is cleared when the body has ended well.

    What lay there when the machine went down is not trusted: files may be whole by their
    names only.

    Raises:
        Unavailable: another attempt still sits there.
    """
    home = StoreSettings().data_dir / "work" / "desks"
    home.mkdir(parents=True, exist_ok=True)
    _clear_left(home)
    place = home / job_id
    lock = _sit_down(place)
    try:
        if _boot(place) != _now():
            _clear(place)
        (place / _BOOT).write_text(_now())
        yield place
        shutil.rmtree(place)
    finally:
        os.close(lock)


def _sit_down(place: Path) -> int:
    until_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s:
        lock = _locked(place)
        if lock is not None:
            return lock
        time.sleep(0.1)
    raise Unavailable("Another attempt of this job is still at work.", remedy="Retry the job.")


def _locked(place: Path) -> int | None:
    """The lock of a desk, which is there afterwards; None: another has it."""
    place.mkdir(exist_ok=True)
    try:
        lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_ino == os.stat(place / _LOCK).st_ino:
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None


def _clear(place: Path) -> None:
    for entry in place.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != _LOCK:
            entry.unlink()


def _clear_left(home: Path) -> None:
    for place in home.iterdir():
        file = place / _LOCK
        if not file.exists() or time.time() - _touched_s(place) < LEFT_AFTER_S:
            continue
        lock = _locked(place)
        if lock is not None:
            shutil.rmtree(place, ignore_errors=True)
            os.close(lock)


def _touched_s(place: Path) -> float:
    """When somebody sat down there last."""
    try:
        return (place / _BOOT).stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _boot(place: Path) -> str:
    try:
        return (place / _BOOT).read_text()
    except FileNotFoundError:
        return ""


def _now() -> str:
    """Which start of the machine this is; on systems that do not say it is always the same."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "once"
