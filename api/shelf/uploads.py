"""Where users' large files are announced, and taken on once they have come. Blocks."""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from api.shelf.media import Found, Shelf, StoredMedia
from reels.artifacts import ArtifactStore, UploadLink, media_type_of
from reels.errors import ArtifactMissing, Conflict, InvalidInput, NotFound
from reels.media import look_at
from reels.models import ArtifactRef, Model
from reels.uploads import (
    CONTENT,
    KEPT,
    WANTED,
    UploadKept,
    UploadWanted,
    expired,
    new_id,
    place,
    upload_of,
    users_uploads,
)

#: Uploads of one user that are not finished.
MAX_OPEN = 20


class UploadStarted(Model):
    """Send the file by `method` to `url` with these headers, again if need be, and complete it."""

    upload_id: UUID
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Desk(NamedTuple):
    """The uploads of one user, whose media lie on `shelf`."""

    shelf: Shelf

    @property
    def store(self) -> ArtifactStore:
        return self.shelf.store

    def open(self, wanted: UploadWanted) -> UploadStarted:
        """Give a link by which a file may be sent.

        Raises:
            InvalidInput: it is too large.
            Conflict: there is no room for it, or too many are open.
        """
        most_bytes = self.shelf.limits.upload_max_mb * 1_000_000
        if wanted.size_bytes > most_bytes:
            raise InvalidInput(
                "size_bytes", f"A file has {most_bytes:,} bytes at most.", remedy="Make it smaller."
            )
        now = datetime.now(UTC)
        unfinished_bytes = self._look_through(now)
        self.shelf.require_room(wanted.size_bytes, unfinished_bytes)
        upload = new_id(now)
        self.store.put(self._key(upload, WANTED), wanted.model_dump_json().encode())
        link = self._link(upload, wanted)
        return UploadStarted(upload_id=upload, **link.model_dump())

    def complete(self, upload: UUID) -> StoredMedia:
        """Look at what has come, and keep it among the user's media. May be repeated.

        Raises:
            NotFound: there is no such upload.
            Conflict: nothing has come, another file has that name, or there is no room.
            InvalidInput: what has come is not what was announced, or cannot be used; it is gone.
        """
        wanted = self._wanted(upload)
        if (kept := self._kept(upload)) is not None:
            return kept
        try:
            return self._taken_on(upload, wanted)
        except (Conflict, ArtifactMissing):
            # Somebody who asked at the same time may have been first, and has cleared up.
            if (kept := self._kept(upload)) is not None:
                return kept
            raise

    def abandon(self, upload: UUID) -> None:
        """Forget an upload, and what has come of it. A file that was kept stays.

        Raises:
            NotFound: there is no such upload.
        """
        self._wanted(upload)
        # The announcement goes last: while it stands, all this can be repeated.
        for name in (CONTENT, KEPT, WANTED):
            self.store.delete(self._key(upload, name))

    def _key(self, upload: UUID, name: str) -> str:
        return f"{place(self.shelf.user, upload)}/{name}"

    def _taken_on(self, upload: UUID, wanted: UploadWanted) -> StoredMedia:
        content = self._key(upload, CONTENT)
        try:
            found = self._looked_at(content, wanted)
        except InvalidInput:
            self.store.delete(content)
            raise
        stored = self.shelf.keep(found, lambda key: self._moved(content, key, found.sha256))
        key = "/".join(part for part in (self.shelf.home, stored.folder, stored.name) if part)
        record = UploadKept(key=key, facts=found.facts)
        self.store.put(self._key(upload, KEPT), record.model_dump_json().encode())
        self.store.delete(content)
        return stored

    def _link(self, upload: UUID, wanted: UploadWanted) -> UploadLink:
        return self.store.upload_link(
            self._key(upload, CONTENT),
            wanted.size_bytes,
            expires_s=self.shelf.limits.upload_expires_s,
            sha256=wanted.sha256,
        )

    def _look_through(self, now: datetime) -> int:
        """Clean up after the user; the bytes that unfinished uploads hold.

        Raises:
            Conflict: too many are open.
        """
        sizes = self.store.sizes(users_uploads(self.shelf.user))
        for key in expired(sizes, now, self.shelf.limits.upload_expires_s):
            self.store.delete(key)
            del sizes[key]
        names: dict[UUID | None, set[str]] = defaultdict(set)
        for key in sizes:
            names[upload_of(key)].add(key.rpartition("/")[2])
        if sum(KEPT not in each for each in names.values()) >= MAX_OPEN:
            raise Conflict(
                f"You have {MAX_OPEN} uploads that are not finished.",
                remedy="Complete or delete some of them first.",
            )
        return sum(size for key, size in sizes.items() if key.endswith(f"/{CONTENT}"))

    def _wanted(self, upload: UUID) -> UploadWanted:
        try:
            return UploadWanted.model_validate_json(self.store.read(self._key(upload, WANTED)))
        except (ArtifactMissing, ValidationError):
            raise NotFound(f"There is no upload {upload}.") from None

    def _kept(self, upload: UUID) -> StoredMedia | None:
        try:
            record = UploadKept.model_validate_json(self.store.read(self._key(upload, KEPT)))
        except (ArtifactMissing, ValidationError):
            return None
        ref = self.store.head(record.key)
        return self.shelf.stored(ref, record.facts) if ref else None

    def _looked_at(self, content: str, wanted: UploadWanted) -> Found:
        size_bytes = self.store.sizes(content.rpartition("/")[0]).get(content)
        if size_bytes is None:
            raise Conflict("Nothing has come yet.", remedy="Send the file to the upload's url.")
        if size_bytes != wanted.size_bytes:
            raise InvalidInput(
                "size_bytes",
                f"The upload was announced with {wanted.size_bytes:,} bytes, and "
                f"{size_bytes:,} have come.",
                remedy="Send exactly the file that was announced, or start a new upload.",
            )
        with tempfile.TemporaryDirectory(prefix="upload-") as folder:
            path = self.store.fetch(content, Path(folder) / "file")
            sha256 = _sha256(path)
            if wanted.sha256 not in ("", sha256):
                raise InvalidInput(
                    "sha256", f"What has come has another hash: {sha256}.", remedy="Send it again."
                )
            facts = look_at(path, Path(folder), "content")
        return Found(wanted.folder, wanted.name, sha256, size_bytes, facts)

    def _moved(self, content: str, key: str, sha256: str) -> ArtifactRef:
        ref = self.store.copy(content, key, media_type_of(key))
        if ref.sha256 != sha256:
            self.store.delete(key)
            raise Conflict("The file was changed while it was looked at.", remedy="Try again.")
        return ref


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
