"""Users' media in the store. The prefix is put here, never taken from anybody. Blocks."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from reels.artifacts import ArtifactStore
from reels.errors import Conflict, NotFound
from reels.keys import check_key
from reels.media import MediaFacts, Upload, content_of, look_at, stored_name
from reels.models import ArtifactRef, Model
from reels.settings import StoreSettings


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


class Shelf(NamedTuple):
    """The media of one user, or with an empty `user` everyone's."""

    store: ArtifactStore
    settings: StoreSettings
    user: str = ""

    @property
    def home(self) -> str:
        if not self.user:
            return self.settings.shared_media_prefix
        return f"{self.settings.media_root_prefix}/{self.user}"

    def add(self, upload: Upload, most_bytes: int) -> StoredMedia:
        """Keep a file once it has been found usable.

        Raises:
            InvalidInput: it is not.
            Conflict: another file has that name.
        """
        content = content_of(upload, most_bytes)
        with tempfile.TemporaryDirectory(prefix="media-") as folder:
            path = Path(folder) / "file"
            path.write_bytes(content)
            facts = look_at(path, Path(folder))
        name = stored_name(upload, content, facts.suffix)
        key = "/".join(part for part in (self.home, upload.folder, name) if part)
        held = self.store.head(key)
        if held is not None and held.sha256 != hashlib.sha256(content).hexdigest():
            raise Conflict(
                f"There is another file {name!r} in that folder.",
                remedy="Choose another name, or delete that one first.",
            )
        kept = held or self.store.put(key, content)
        return StoredMedia(**self._item(kept).model_dump(), facts=facts)

    def items(self, folder: str) -> tuple[MediaItem, ...]:
        """The files in a folder and below it, by their names."""
        prefix = f"{self.home}/{folder}/" if folder else f"{self.home}/"
        return tuple(self._item(ref) for ref in self.store.list(prefix))

    def remove(self, path: str) -> None:
        """Take a file away.

        Raises:
            NotFound: there is none.
        """
        key = f"{self.home}/{check_key(path, 'path')}"
        if self.store.head(key) is None:
            raise NotFound(f"There is no file {path!r}.")
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
