"""Uploads that go straight to the store: how they are asked for, where they lie, when they end.

    uploads/{user}/{upload}/wanted.json    what was asked for
    uploads/{user}/{upload}/content        the bytes, as their sender puts them there
    uploads/{user}/{upload}/kept.json      under which key they were taken on

An upload's id tells when it was begun (RFC 9562, version 7), so that a list of keys is
enough to find those that nobody has finished.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import Field

from reels.media import MediaFacts, MediaName
from reels.models import Folder, Model

PREFIX = "uploads"
CONTENT, WANTED, KEPT = "content", "wanted.json", "kept.json"
#: One that was begun in its link's last second may take so long.
_GRACE_S = 3600


class UploadWanted(Model):
    """A file that is to be sent. Its suffix will follow what it is.

    Without a `name` it is named by its content. With a `sha256`, of 64 hex digits, other
    content is refused.
    """

    size_bytes: int = Field(ge=1)
    folder: Folder = ""
    name: MediaName = ""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")


class UploadKept(Model):
    """What an upload has become."""

    key: str
    facts: MediaFacts


def new_id(now: datetime) -> UUID:
    """An id that holds `now` to the millisecond, and is not to be guessed."""
    milliseconds = int(now.timestamp() * 1000)
    return UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | secrets.randbits(12) << 64
        | 0b10 << 62
        | secrets.randbits(62)
    )


def begun_at(upload: UUID) -> datetime:
    """When an upload was begun. Ids that are none of ours count as begun long ago."""
    milliseconds = upload.int >> 80 if upload.version == 7 else 0
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError):
        return datetime.fromtimestamp(0, UTC)


def users_uploads(user: str) -> str:
    """The folder of all uploads of a user."""
    return f"{PREFIX}/{user}"


def place(user: str, upload: UUID) -> str:
    """The folder of an upload."""
    return f"{users_uploads(user)}/{upload}"


def wanted_beside(content: str) -> str:
    """The key of the announcement that belongs to the content under `content`."""
    return f"{content.rpartition('/')[0]}/{WANTED}"


def upload_of(key: str) -> UUID | None:
    """The upload that `key` belongs to, or None when it is none of an upload's."""
    parts = key.split("/")
    if len(parts) != 4 or parts[0] != PREFIX:
        return None
    try:
        return UUID(parts[2])
    except ValueError:
        return None


def expired(keys: Iterable[str], now: datetime, life_s: int) -> tuple[str, ...]:
    """Those of `keys` whose uploads nobody can or will go on with: they may be deleted.

    `life_s` is the life of an upload's link.
    """
    ends = now - timedelta(seconds=life_s + _GRACE_S)
    found = ((key, upload_of(key)) for key in keys)
    return tuple(key for key, upload in found if upload is not None and begun_at(upload) < ends)
