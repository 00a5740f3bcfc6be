"""Content that comes in pieces, from somebody who may stop, or send more than was agreed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from blocks.local_files import as_store_errors
from reels.artifacts import media_type_of
from reels.errors import InvalidInput, StoreUnavailable
from reels.grants import Grant
from reels.models import ArtifactRef

#: Left free on the disk for everybody else.
_RESERVE_BYTES: Final = 64 << 20

#: Gives a draft its key: key, draft, SHA-256 and type.
Publish = Callable[[str, Path, str, str], ArtifactRef]


class Incoming:
    """What a grant allows, on its way into `draft`. Not for two threads at once.

    Raises:
        StoreUnavailable: there is no room for it.
    """

    def __init__(self, grant: Grant, draft: Path, publish: Publish) -> None:
        _require_room(grant, draft.parent)
        self._grant = grant
        self._draft = draft
        self._publish = publish
        self._digest = hashlib.sha256()
        self._size_bytes = 0
        self._out = draft.open("xb", buffering=0)

    def write(self, chunk: bytes | bytearray) -> None:
        """Add to what has come.

        Raises:
            InvalidInput: it is more than was announced.
            StoreUnavailable: the disk is full.
        """
        self._size_bytes += len(chunk)
        if self._size_bytes > self._grant.size_bytes:
            raise _other_size(self._grant, f"more than {self._grant.size_bytes:,}")
        self._digest.update(chunk)
        left = memoryview(chunk)
        with as_store_errors(self._grant.key):
            while left:
                left = left[self._out.write(left) :]

    def keep(self) -> ArtifactRef:
        """Store what has come, whole and for good.

        Raises:
            InvalidInput: it is less than was announced, or other content.
            StoreUnavailable: the disk fails.
        """
        grant, sha256 = self._grant, self._digest.hexdigest()
        if self._size_bytes != grant.size_bytes:
            raise _other_size(grant, f"{self._size_bytes:,}")
        if grant.sha256 not in ("", sha256):
            raise InvalidInput(
                "sha256", f"What was sent has another hash: {sha256}.", remedy="Send it again."
            )
        with as_store_errors(grant.key):
            os.fchmod(self._out.fileno(), 0o444)
            os.fsync(self._out.fileno())
            return self._publish(grant.key, self._draft, sha256, media_type_of(grant.key))

    def drop(self) -> None:
        """Leave nothing behind; what was kept stays."""
        self._out.close()
        self._draft.unlink(missing_ok=True)


def _require_room(grant: Grant, directory: Path) -> None:
    if shutil.disk_usage(directory).free < grant.size_bytes + _RESERVE_BYTES:
        raise StoreUnavailable(
            f"The disk is full: there is no room for {grant.size_bytes:,} bytes.",
            remedy="Free space, or move VIDEO_SERVICE_DATA_DIR to a larger disk.",
        )


def _other_size(grant: Grant, came: str) -> InvalidInput:
    return InvalidInput(
        "size_bytes",
        f"The upload was announced with {grant.size_bytes:,} bytes, and {came} have come.",
        remedy="Send exactly the file that was announced, or ask for a new upload.",
    )
