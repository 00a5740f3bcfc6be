"""A disk that is full while a job is made, and has space again afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
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


def full_at_the_render(folder: str, house: House) -> Sequence[str]:
    """All is paid for by then, and nothing of it may be paid for again."""
    job = house.post()
    house.until_in(job, "Subtitles", "Rendering")
    with full(house.stack.layout.data_dir / folder):
        _fails_for_want_of_space(house, job)
    house.retry(job)
    return [job]


def full_before_pictures_are_paid(house: House) -> Sequence[str]:
    """What could not be kept is not asked for."""
    job = house.post(auto_approve=["subtitles"])
    house.wait(lambda: house.state(job).get("type") == "PAUSED", "the review", of=job)
    with full(house.stack.layout.data_dir / "work"):
        house.approve(job, "draft")
        _fails_for_want_of_space(house, job)
    house.retry(job)
    return [job]


def _fails_for_want_of_space(house: House, job: str) -> None:
    message = house.until_ended(job).get("message") or ""
    if "disk is full" not in message:
        raise NotSurvived(f"on a full disk it ended so: {message}")


FAULTS = [
    *(
        Fault(
            f"a full disk under the {folder} at the render",
            partial(full_at_the_render, folder),
            "disk",
            fails_first=True,
        )
        for folder in ("store", "work")
    ),
    Fault(
        "a full disk before the pictures are paid",
        full_before_pictures_are_paid,
        "disk",
        fails_first=True,
    ),
]
