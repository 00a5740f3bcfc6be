"""The stacks that are struck, by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.faults.fault import Ground
from tests.faults.house import House, a_house
from tests.faults.small_disk import small_disk

STORE_BYTES, WORKSPACE_BYTES = 48 << 20, 128 << 20


@contextmanager
def on_a_small_disk(data_dir: Path) -> Iterator[House]:
    """The store and the workspace have disks of their own; the flows soon give up."""
    with (
        small_disk(data_dir / "store", STORE_BYTES),
        small_disk(data_dir / "work", WORKSPACE_BYTES),
        a_house(data_dir, VIDEO_SERVICE_PROVIDER_ATTEMPTS="2") as house,
    ):
        yield house


GROUNDS: dict[Ground, Callable[[Path], AbstractContextManager[House]]] = {
    "local": a_house,
    "s3": lambda data_dir: a_house(data_dir, s3=True),
    "disk": on_a_small_disk,
}
