"""A directory of this run's own, for files that tools need to see by a path."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reels.artifacts import ArtifactStore
from reels.errors import StoreUnavailable
from reels.models import ArtifactRef
from reels.settings import StoreSettings

#: With less free space no work is begun: more than the files of any paid call take.
ROOM_BYTES: Final = 64 << 20
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def workspace() -> Iterator[Path]:
    """A fresh directory beside the store (so that links work), removed at the end.

    Raises:
        StoreUnavailable: there is no room: at the start, before anything is paid for whose
            result could not be kept, or when the body runs out of it.
    """
    parent = StoreSettings().data_dir / "work"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(parent).free < ROOM_BYTES:
            raise _no_room(parent)
        with tempfile.TemporaryDirectory(dir=parent) as directory:
            yield Path(directory)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise _no_room(parent) from error


def _no_room(directory: Path) -> StoreUnavailable:
    return StoreUnavailable(
        f"The disk is full: there is no room to work in {str(directory)!r}.",
        remedy="Free space, or move VIDEO_SERVICE_DATA_DIR to a larger disk; then retry.",
    )


def bring(store: ArtifactStore, ref: ArtifactRef, to: Path) -> Path:
    """The artifact as a local file in the directory `to`, named by its content."""
    target = to / f"{ref.sha256}{Path(ref.key).suffix}"
    if target.exists():
        return target
    to.mkdir(parents=True, exist_ok=True)
    return store.fetch(ref.key, target)
