"""Users' media in the store. The prefix is put here, never taken from anybody. Blocks."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import anyio
from pydantic import Field

from reels.artifacts import ArtifactStore
from reels.errors import Conflict, NotFound
from reels.keys import is_key
from reels.media import MediaFacts, Upload, content_of, look_at, stored_name
from reels.models import ArtifactRef, Model
from reels.settings import MediaSettings, StoreSettings

#: Looking at a file takes a core and up to a gigabyte.
LOOKS_AT_ONCE = anyio.CapacityLimiter(2)


class MediaItem(Model):
    """A file on a shelf. `url` serves it, and expires."""

    name: str
    folder: str
    media_type: str
    size_bytes: int = Field(ge=0)
    sha256: str
    url: str


class StoredMedia(MediaItem):
    """A file that was taken on, and what it is."""

    facts: MediaFacts


class Found(NamedTuple):
    """A file that has been looked at, and how it is to be called."""

    folder: str
    name: str
    sha256: str
    size_bytes: int
    facts: MediaFacts


#: Brings a file that was found usable to its key.
Bring = Callable[[str], ArtifactRef]


class Shelf(NamedTuple):
    """The media of one user, or with an empty `user` everyone's."""

    store: ArtifactStore
    settings: StoreSettings
    limits: MediaSettings
    user: str = ""

    @property
    def home(self) -> str:
        if not self.user:
            return self.settings.shared_media_prefix
        return f"{self.settings.media_root_prefix}/{self.user}"

    def add(self, upload: Upload) -> StoredMedia:
        """Keep a file once it has been found usable.

        Raises:
            InvalidInput: it is not.
            Conflict: another file has that name, or there is no room.
        """
        content = content_of(upload, self.limits.media_max_mb * 1_000_000)
        with tempfile.TemporaryDirectory(prefix="media-") as folder:
            path = Path(folder) / "file"
            path.write_bytes(content)
            facts = look_at(path, Path(folder))
        sha256 = hashlib.sha256(content).hexdigest()
        found = Found(upload.folder, upload.name, sha256, len(content), facts)
        return self.keep(found, lambda key: self.store.put(key, content))

    def keep(self, found: Found, bring: Bring) -> StoredMedia:
        """Bring a file to its place, unless it is there already.

        Raises:
            Conflict: another file has that name, or there is no room.
        """
        name = stored_name(found.name, found.sha256, found.facts.suffix)
        key = "/".join(part for part in (self.home, found.folder, name) if part)
        held = self.store.head(key)
        if held is None:
            self.require_room(found.size_bytes)
            held = bring(key)
        elif held.sha256 != found.sha256:
            raise Conflict(
                f"There is another file {name!r} in that folder.",
                remedy="Choose another name, or delete that one first.",
            )
        return self.stored(held, found.facts)

    def require_room(self, size_bytes: int, beside_bytes: int = 0) -> None:
        """Refuse a file for which its user has no room, beside what is held and `beside_bytes`.

        Raises:
            Conflict: it says how much there is.
        """
        most_bytes, most_files = self.limits.media_user_mb * 1_000_000, self.limits.media_user_files
        if not most_bytes and not most_files:
            return
        held = self.store.sizes(self.home)
        if most_files and len(held) >= most_files:
            raise Conflict(
                f"You keep {len(held):,} files, and may keep {most_files:,}.",
                remedy="Delete some first.",
            )
        held_bytes = sum(held.values()) + beside_bytes
        if most_bytes and held_bytes + size_bytes > most_bytes:
            raise Conflict(
                f"You keep {held_bytes:,} bytes of {most_bytes:,}: there is no room for "
                f"{size_bytes:,} more.",
                remedy="Delete some files first.",
            )

    def names(self, folder: str) -> list[str]:
        """The files in a folder and below it, as paths from the shelf, in order."""
        start = f"{self.home}/"
        return [key.removeprefix(start) for key in self.store.sizes(f"{start}{folder}")]

    def item(self, path: str) -> MediaItem | None:
        """The file at one of `names`, or None when it has gone."""
        ref = self.store.head(f"{self.home}/{path}")
        return self._item(ref) if ref else None

    def stored(self, ref: ArtifactRef, facts: MediaFacts) -> StoredMedia:
        """What is told of a file that was taken on."""
        return StoredMedia(**self._item(ref).model_dump(), facts=facts)

    def remove(self, path: str) -> None:
        """Take a file away.

        Raises:
            NotFound: there is none.
        """
        key = f"{self.home}/{path}"
        if not is_key(key) or self.store.head(key) is None:
            raise NotFound(f"There is no file {path!r:.200}.")
        self.store.delete(key)

    def _item(self, ref: ArtifactRef) -> MediaItem:
        folder, _, name = ref.key.removeprefix(f"{self.home}/").rpartition("/")
        return MediaItem(
            name=name,
            folder=folder,
            media_type=ref.media_type,
            size_bytes=ref.size_bytes,
            sha256=ref.sha256,
            url=self.store.link(ref.key, expires_s=self.settings.link_expires_s),
        )
