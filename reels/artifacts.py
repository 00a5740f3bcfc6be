"""The store as the house sees it: keys in, references out. Implementations are blocks."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from pydantic import BaseModel

from reels.errors import InvalidInput
from reels.models import ArtifactRef, Model

MEDIA_TYPES = {
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".srt": "application/x-subrip",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
}


def media_type_of(key: str) -> str:
    """The type that the suffix of `key` stands for."""
    return MEDIA_TYPES.get(PurePosixPath(key).suffix.lower(), "application/octet-stream")


def check_source(source: Path | bytes) -> None:
    """Refuse a source of a `put` that is no file.

    Raises:
        InvalidInput: naming `source`.
    """
    if isinstance(source, Path) and not source.is_file():
        raise InvalidInput("source", f"There is no file {source.name!r} to be stored.")


class UploadLink(Model):
    """How content is brought into the store by whoever holds this: once or again, until then."""

    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Entry(NamedTuple):
    """What a listing tells of an object: its size, and when it was written (Unix seconds)."""

    size_bytes: int
    written_at: float


@runtime_checkable
class ArtifactStore(Protocol):
    """Where every artifact lives. All methods block; all are safe to call from many processes.

    Keys are relative POSIX paths of safe segments; a store MUST refuse others with
    `InvalidInput`. A write MUST be atomic: a reader sees the old content or the new.
    Failures MUST be raised as `StoreError`s.
    """

    def put(self, key: str, source: Path | bytes, media_type: str | None = None) -> ArtifactRef:
        """Store a file or bytes under `key`. The type follows the suffix when None."""
        ...

    def read(self, key: str) -> bytes:
        """The whole content. Raises ArtifactMissing."""
        ...

    def fetch(self, key: str, to: Path) -> Path:
        """Bring the content to the local path `to` (a hard link where possible); returns it.

        `to` MUST NOT be written to afterwards. Raises ArtifactMissing.
        """
        ...

    def head(self, key: str) -> ArtifactRef | None:
        """The reference of what lies under `key`, or None."""
        ...

    def copy(self, source: str, target: str, media_type: str | None = None) -> ArtifactRef:
        """Make `target` hold what `source` holds, without moving bytes through us.

        The type is the source's when None. Raises ArtifactMissing.
        """
        ...

    def list(self, prefix: str) -> list[ArtifactRef]:
        """Everything in the folder `prefix` and below (all when empty), sorted by key."""
        ...

    def sizes(self, prefix: str) -> dict[str, int]:
        """The sizes in bytes of everything that `list` gives, by key, in its order.

        Nothing is asked of each one. What lies there under a name that is no key is left out.
        """
        ...

    def entries(self, prefix: str) -> dict[str, Entry]:
        """As `sizes`, with when each was put there."""
        ...

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        ...

    def link(self, key: str, *, expires_s: int = 3600, download_name: str = "") -> str:
        """An address that serves the content, ranges included, until it expires."""
        ...

    def upload_link(
        self, key: str, size_bytes: int, *, expires_s: int, sha256: str = ""
    ) -> UploadLink:
        """A link by which content of that size is put under `key`, whole or not at all.

        What has come MUST be looked at before it is used: not every store knows of the size
        and of the hash, and the link goes on working.
        """
        ...


def content_key(kind: str, version: str, **inputs: Any) -> str:
    """The SHA-256 of all that shapes an artifact, as 64 hex digits.

    Pydantic models count by their JSON; `kind` and `version` keep makers apart, so that
    two with the same inputs never share a result.
    """
    body = json.dumps(
        {"kind": kind, "version": version, "inputs": inputs},
        default=_plain,
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a content key")


def cache_key(kind: str, digest: str, suffix: str) -> str:
    """Where content-addressed artifacts lie: `cache/{kind}/{sha256}{suffix}`."""
    return f"cache/{kind}/{digest}{suffix}"


def job_prefix(user: str, job: str) -> str:
    """Where a job's own artifacts lie."""
    return f"videos/{user}/{job}"
