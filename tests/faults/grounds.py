"""The stacks that are struck, by their names."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.faults.fault import Ground
from tests.faults.house import House, a_house
from tests.faults.small_disk import small_disk

STORE_BYTES, WORKSPACE_BYTES = 48 << 20, 128 << 20
#: Of Debian's package libfaketime.
_FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Missing(Exception):
    """What a ground stands on is not on this machine."""


@contextmanager
def on_a_small_disk(data_dir: Path) -> Iterator[House]:
    """The store and the workspace have disks of their own; the flows soon give up."""
    with (
        small_disk(data_dir / "store", STORE_BYTES),
        small_disk(data_dir / "work", WORKSPACE_BYTES),
        a_house(data_dir, VIDEO_SERVICE_PROVIDER_ATTEMPTS="2") as house,
    ):
        yield house


@contextmanager
def with_a_clock(data_dir: Path) -> Iterator[House]:
    """The processes go by a wall clock of their own; the one that nobody sets is the kernel's."""
    found = glob.glob(_FAKETIME)
    if not found:
        raise Missing("no libfaketime; scripts/install-test-packages installs it")
    data_dir.mkdir(parents=True)
    clock = data_dir / "clock"
    clock.write_text("+0")
    settings = {
        "LD_PRELOAD": found[0],
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    with a_house(data_dir, **settings) as house:
        house.clock = clock
        yield house


GROUNDS: dict[Ground, Callable[[Path], AbstractContextManager[House]]] = {
    "local": a_house,
    "s3": lambda data_dir: a_house(data_dir, s3=True),
    "disk": on_a_small_disk,
    "clock": with_a_clock,
}
