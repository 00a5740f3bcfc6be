"""Writing files so that they are whole or not there, and saying plainly why they are not."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reels.errors import ArtifactMissing, InvalidInput, StoreUnavailable

_CHUNK_BYTES: Final = 1 << 20
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_LINKS: Final = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


def write_durably(draft: Path, source: Path | bytes) -> str:
    """Write `source` to the disk for good; its SHA-256."""
    digest = hashlib.sha256()
    with draft.open("xb") as out:
        for chunk in _chunks(source):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fchmod(out.fileno(), 0o444)
        os.fsync(out.fileno())
    return digest.hexdigest()


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk


def linked(source: Path, target: Path) -> bool:
    """Whether `target` could be made another name of `source`."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def move(draft: Path, target: Path) -> None:
    """Give `draft` the name `target` in one step, with the directories it needs."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, target)


def sync_directory(directory: Path) -> None:
    """Bring a directory's names to the disk for good, as a rename alone does not."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files_below(top: Path) -> Iterator[Path]:
    """Every file under `top` whose path holds no hidden name."""
    for folder, subfolders, names in os.walk(top):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


@contextmanager
def as_store_errors(key: str) -> Iterator[None]:
    """Turn what the operating system says about `key` into errors of the store."""
    try:
        yield
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InvalidInput("key", f"{key!r} lies under another artifact, or above one.") from error
    except FileNotFoundError as error:
        raise ArtifactMissing(key) from error
    except OSError as error:
        if error.errno in _FULL:
            raise StoreUnavailable(
                f"The disk is full: there is no room for {key!r}.",
                remedy="Free space, or move VIDEO_SERVICE_DATA_DIR to a larger disk.",
            ) from error
        raise StoreUnavailable(
            f"The artifact store failed on {key!r}: {error.strerror}.",
            remedy="Check the disk and the rights of VIDEO_SERVICE_DATA_DIR.",
        ) from error
