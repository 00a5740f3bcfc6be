"""Notes on files of the local store, which save hashing them again."""

from __future__ import annotations

import os

from reels.models import ArtifactRef, Model


class Note(Model):
    """A file's hash and type, and which file they were taken from."""

    inode: int
    mtime_ns: int
    size_bytes: int
    sha256: str
    media_type: str

    def describes(self, file: os.stat_result) -> bool:
        stamp = (file.st_ino, file.st_mtime_ns, file.st_size)
        return stamp == (self.inode, self.mtime_ns, self.size_bytes)

    def ref(self, key: str) -> ArtifactRef:
        return ArtifactRef(
            key=key,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            media_type=self.media_type,
        )


def describe(file: os.stat_result, sha256: str, media_type: str) -> Note:
    """The note on a file as it is now."""
    return Note(
        inode=file.st_ino,
        mtime_ns=file.st_mtime_ns,
        size_bytes=file.st_size,
        sha256=sha256,
        media_type=media_type,
    )
