"""API keys as the store keeps them: whose they are, and a hash of the secret. Blocks.

rw_<id>_<secret>            what a caller sends
access/keys/<id>.json       what is kept: no secret can be had from it
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple

from pydantic import AwareDatetime, Field

from api.identity.base import Caller, Role, as_user, require_house_name
from reels.artifacts import ArtifactStore
from reels.documents import read, written
from reels.errors import ArtifactMissing, NotFound, StoreUnavailable, Unreadable
from reels.keys import USER_PATTERN
from reels.models import Model

PREFIX: Final = "access/keys"
_ID_BYTES, _SECRET_BYTES = 8, 32
_KEY = re.compile(r"rw_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[0-9a-f]{16}")


class KeyRecord(Model):
    """A key without its secret. `sha256` is of the secret, which is 32 random bytes: no
    guessing ever finds those, so a slow hash would only slow us."""

    id: Annotated[str, Field(pattern=rf"^{_ID.pattern}$")]
    user: Annotated[str, Field(pattern=USER_PATTERN)]
    role: Role
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None

    def state(self, now: datetime) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"

    @property
    def caller(self) -> Caller:
        return Caller(user=self.user, role=self.role)

    def is_secret(self, secret: str) -> bool:
        """Whether it is this key's; the time that it takes tells nothing."""
        return hmac.compare_digest(_digest(secret), self.sha256)


class Sent(NamedTuple):
    """What a caller sends. Its text shows no secret."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Sent(id={self.id!r})"


def parse(text: str) -> Sent | None:
    """The parts of a key; None when it is none of ours."""
    found = _KEY.fullmatch(text)
    return Sent(found[1], found[2]) if found else None


class Keyring:
    """The keys in a store."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def make(self, user: str, role: Role, expires_in: timedelta | None = None) -> tuple[str, str]:
        """A new key: its id, and the key itself, which nobody can read again.

        Raises:
            InvalidInput: it is no user.
            Forbidden: the user is the house's own, and the role is not.
        """
        require_house_name(Caller(user=as_user(user, "user"), role=role))
        now = datetime.now(UTC)
        key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        record = KeyRecord(
            id=key_id,
            user=user,
            role=role,
            sha256=_digest(secret),
            created_at=now,
            expires_at=now + expires_in if expires_in else None,
        )
        self._keep(record)
        return key_id, f"rw_{key_id}_{secret}"

    def find(self, key_id: str) -> KeyRecord | None:
        """The key of that id, whatever its state.

        Raises:
            StoreUnavailable: the store does not answer, or holds something else there.
        """
        if not _ID.fullmatch(key_id):
            return None
        try:
            return read(KeyRecord, self._store.read(_place(key_id)), _place(key_id))
        except ArtifactMissing:
            return None
        except Unreadable:
            raise StoreUnavailable(f"What is kept of the key {key_id} cannot be read.") from None

    def all(self) -> list[KeyRecord]:
        """Every key, the oldest first."""
        ids = [ref.key.rpartition("/")[2].removesuffix(".json") for ref in self._store.list(PREFIX)]
        found = [record for each in ids if (record := self.find(each))]
        return sorted(found, key=lambda record: record.created_at)

    def revoke(self, key_id: str) -> KeyRecord:
        """Make a key worthless. One that was revoked stays as it is.

        Raises:
            NotFound: there is none of that id.
        """
        record = self.find(key_id)
        if record is None:
            raise NotFound(f"There is no key {key_id!r:.40}.", remedy="List the keys.")
        if record.revoked_at is None:
            record = record.model_copy(update={"revoked_at": datetime.now(UTC)})
            self._keep(record)
        return record

    def _keep(self, record: KeyRecord) -> None:
        self._store.put(_place(record.id), written(record, indent=1))


#: Gives the record of a key's id. Blocks.
Find = Callable[[str], KeyRecord | None]


def _place(key_id: str) -> str:
    return f"{PREFIX}/{key_id}.json"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
