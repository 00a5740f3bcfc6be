"""The embedded artifact store: a directory.

    {directory}/{key}              content, read only, complete from the moment it is there
    {directory}/.meta/{key}.json   its hash and type, and which file they were taken from
    {directory}/.tmp/              what is being written

The `.meta` entry is a note that saves hashing, not a part of the content: it names the
file (inode, size, time) that it describes. When it is missing, torn or describes another
file, as after a crash, the content is hashed again and the note is written anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydantic import ValidationError

from blocks.incoming import Incoming
from blocks.local_files import (
    as_store_errors,
    files_below,
    linked,
    move,
    sync_directory,
    write_durably,
)
from blocks.local_notes import Note, describe
from reels.artifacts import Entry, UploadLink, check_source, media_type_of
from reels.errors import ArtifactMissing
from reels.grants import Grant
from reels.keys import check_key, check_prefix, is_key
from reels.links import check_life, clean_name, sign, verify
from reels.models import ArtifactRef

LOST_AFTER_S: Final = 86_400


class LocalStore:
    """Artifacts under `directory`; links are served by our API at `public_url`."""

    def __init__(self, directory: Path, *, public_url: str, secret: bytes) -> None:
        self._root = directory.absolute()
        self._temp = self._root / ".tmp"
        self._public_url = public_url.rstrip("/")
        self._secret = secret
        self._swept = False

    def __repr__(self) -> str:
        return f"LocalStore({str(self._root)!r})"

    def put(self, key: str, source: Path | bytes, media_type: str | None = None) -> ArtifactRef:
        """Store a file or bytes under `key`, whole or not at all."""
        check_key(key)
        check_source(source)
        with as_store_errors(key), self._draft() as draft:
            sha256 = write_durably(draft, source)
            return self._publish(key, draft, sha256, media_type or media_type_of(key))

    def read(self, key: str) -> bytes:
        """The whole content."""
        with as_store_errors(key):
            return self._file(key).read_bytes()

    def fetch(self, key: str, to: Path) -> Path:
        """Bring the content to `to`, as a hard link where the file system allows it."""
        origin = self._file(key)
        to.parent.mkdir(parents=True, exist_ok=True)
        draft = to.with_name(f".{uuid4().hex}.part")
        with as_store_errors(key):
            try:
                if not linked(origin, draft):
                    shutil.copyfile(origin, draft)
                os.replace(draft, to)
            finally:
                draft.unlink(missing_ok=True)
        return to

    def head(self, key: str) -> ArtifactRef | None:
        """The reference of what lies under `key`, or None."""
        path = self._file(key)
        with as_store_errors(key):
            if not path.is_file():
                return None
            with suppress(FileNotFoundError):
                return self._meta(key, path).ref(key)
        return None

    def copy(self, source: str, target: str, media_type: str | None = None) -> ArtifactRef:
        """Make `target` hold what `source` holds; no bytes move where links are possible."""
        check_key(target)
        origin = self._file(source)
        with as_store_errors(source), self._draft() as draft:
            meta = self._meta(source, origin)
            sha256 = meta.sha256 if linked(origin, draft) else write_durably(draft, origin)
            return self._publish(target, draft, sha256, media_type or meta.media_type)

    def list(self, prefix: str) -> list[ArtifactRef]:
        """Everything in the folder `prefix`, sorted by key."""
        found = (self.head(key) for key in self.sizes(prefix))
        return [ref for ref in found if ref is not None]

    def sizes(self, prefix: str) -> dict[str, int]:
        """The sizes in bytes of everything in the folder `prefix`, sorted by key."""
        return {key: entry.size_bytes for key, entry in self.entries(prefix).items()}

    def entries(self, prefix: str) -> dict[str, Entry]:
        """As `sizes`, with times. What was copied is as old as what it was copied from."""
        top = self._root / check_prefix(prefix)
        found = {}
        with as_store_errors(prefix):
            for path in files_below(top):
                key = path.relative_to(self._root).as_posix()
                with suppress(FileNotFoundError):
                    if is_key(key):
                        stat = path.stat()
                        found[key] = Entry(stat.st_size, stat.st_mtime)
        return dict(sorted(found.items()))

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        path = self._file(key)
        with as_store_errors(key), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            self._meta_file(key).unlink()

    def link(self, key: str, *, expires_s: int = 3600, download_name: str = "") -> str:
        """An address at our API; see `reels.links`."""
        check_key(key)
        expires_at = int(time.time()) + check_life(expires_s)
        query = sign(key, self._secret, expires_at, clean_name(download_name))
        return f"{self._public_url}/artifacts/{key}?{query}"

    def upload_link(
        self, key: str, size_bytes: int, *, expires_s: int, sha256: str = ""
    ) -> UploadLink:
        """An address at our API that takes the content; see `reels.grants`."""
        ends = int(time.time()) + check_life(expires_s)
        token = Grant(
            key=check_key(key), size_bytes=size_bytes, sha256=sha256, expires_at=ends
        ).token(self._secret)
        return UploadLink(
            url=f"{self._public_url}/uploads/{token}",
            headers={"Content-Length": str(size_bytes)},
            expires_at=datetime.fromtimestamp(ends, UTC),
        )

    def grant(self, token: str, now: float) -> Grant:
        """What the token of an upload's link allows at `now` (Unix seconds).

        Raises:
            LinkRefused: this store did not sign it, or it is over.
        """
        return Grant.of_token(token, self._secret, now)

    def receive(self, grant: Grant) -> Incoming:
        """Begin to take what a grant allows. The caller MUST `keep` or `drop` it.

        Raises:
            StoreUnavailable: there is no room for it.
        """
        with as_store_errors(grant.key):
            self._temp.mkdir(parents=True, exist_ok=True)
            self._sweep()
            return Incoming(grant, self._temp / uuid4().hex, self._publish)

    def verify(self, key: str, params: Mapping[str, str], now: float) -> None:
        """Refuse a link that this store did not sign for `key`, or that is over at `now`.

        `params` are those of the link's query; `now` is in Unix seconds.

        Raises:
            LinkRefused: it says which of the two.
        """
        verify(key, params, self._secret, now)

    def path(self, key: str) -> Path:
        """The file that holds `key`, to be served, never written. Raises ArtifactMissing."""
        path = self._file(key)
        if not path.is_file():
            raise ArtifactMissing(key)
        return path

    def _file(self, key: str) -> Path:
        return self._root / check_key(key)

    def _meta_file(self, key: str) -> Path:
        return self._root / ".meta" / f"{key}.json"

    def _meta(self, key: str, path: Path) -> Note:
        """The note on `path`, taken anew when it does not describe the file that is there."""
        file = path.stat()
        media_type = media_type_of(key)
        with suppress(OSError, ValidationError):
            meta = Note.model_validate_json(self._meta_file(key).read_bytes())
            if meta.describes(file):
                return meta
            media_type = meta.media_type
        with path.open("rb") as content:
            file = os.fstat(content.fileno())
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        meta = describe(file, sha256, media_type)
        # A store that may only be read still answers; it hashes again the next time.
        with suppress(OSError):
            self._note(key, meta)
        return meta

    def _note(self, key: str, meta: Note) -> None:
        with self._draft() as draft:
            draft.write_text(meta.model_dump_json())
            move(draft, self._meta_file(key))

    def _publish(self, key: str, draft: Path, sha256: str, media_type: str) -> ArtifactRef:
        """Note first, content last: a note without its content is never believed."""
        meta = describe(draft.stat(), sha256, media_type)
        self._note(key, meta)
        target = self._file(key)
        move(draft, target)
        sync_directory(target.parent)
        return meta.ref(key)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """A new name for a file on the store's own file system, gone afterwards."""
        self._temp.mkdir(parents=True, exist_ok=True)
        self._sweep()
        draft = self._temp / uuid4().hex
        try:
            yield draft
        finally:
            # Also after a rename: onto another link of the same file it does nothing.
            draft.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what writers that were killed have left, once per process."""
        if self._swept:
            return
        self._swept = True
        for path in self._temp.iterdir():
            with suppress(OSError):
                if time.time() - path.lstat().st_ctime > LOST_AFTER_S:
                    path.unlink()
