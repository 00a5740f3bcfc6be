"""A disk that is full while a job is made, and has space again afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.fault import Fault
from tests.faults.house import House, NotSurvived


@contextmanager
def full(directory: Path) -> Iterator[None]:
    """No space is left in the directory's file system while the body runs."""
    filler = directory / ".filler"
    with filler.open("wb", buffering=0) as out:
        try:
            for size in (1 << 20, 1 << 12, 1):
                _fill(out.fileno(), bytes(size))
            yield
        finally:
            filler.unlink()


def _fill(descriptor: int, content: bytes) -> None:
    try:
        while os.write(descriptor, content):
            pass
    except OSError:
        return


def full_store(house: House) -> Sequence[str]:
    job = house.post()
    house.until_in(job, "Assets")
    with house.struck(), full(house.stack.layout.data_dir / "store"):
        _fails_for_want_of_space(house, job)
    house.retry(job)
    return [job]


def full_workspace(house: House) -> Sequence[str]:
    job = house.post()
    house.until_in(job, "Assets")
    with house.struck(), full(house.stack.layout.data_dir / "work"):
        _fails_for_want_of_space(house, job)
    house.retry(job)
    return [job]


def _fails_for_want_of_space(house: House, job: str) -> None:
    message = house.until_ended(job).get("message") or ""
    if "disk is full" not in message:
        raise NotSurvived(f"on a full disk it ended so: {message}")


FAULTS = [
    Fault("a full disk under the store", full_store, "disk", fails_first=True),
    Fault("a full disk under the workspace", full_workspace, "disk", fails_first=True),
]
