"""The secret that signs what a user's receivers are sent, in `webhooks/{user}/secret.json`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from pydantic import Field

from reels.artifacts import ArtifactStore
from reels.documents import read, written
from reels.errors import ArtifactMissing
from reels.models import Model
from reels.webhooks.registry import ROOT
from reels.webhooks.signing import new_secret

#: After a rotation both secrets sign for so long.
OVERLAP = timedelta(hours=24)
#: Rotations in a row, such as a repeated request, cut off nobody who holds one of these.
MAX_PREVIOUS = 3

#: Two threads of a process never make two first secrets.
_making = threading.Lock()


class OldSecret(Model):
    """A secret that still signs, beside the current one."""

    secret: str = Field(repr=False)
    until: datetime


class Secrets(Model):
    """Whose signature a receiver should look for, and those that end soon, newest first."""

    secret: str = Field(repr=False, description="`whsec_` and base64")
    previous: tuple[OldSecret, ...] = ()

    def signing(self, now: datetime) -> tuple[str, ...]:
        """Those that sign at `now`, the current one first."""
        return (self.secret, *(old.secret for old in self.previous if now < old.until))


class SecretBook:
    """One user's secrets. All methods block."""

    def __init__(self, store: ArtifactStore, user: str) -> None:
        self._store = store
        self._key = f"{ROOT}/{user}/secret.json"

    def read(self) -> Secrets:
        """The secrets, made when there are none yet."""
        with _making:
            found = self._find()
            if found is not None:
                return found
            self._keep(Secrets(secret=new_secret()))
            return self._find() or self._lost()

    def rotate(self) -> Secrets:
        """A new secret; those before it sign on for a day."""
        with _making:
            now = datetime.now(UTC)
            found = self._find()
            older: tuple[OldSecret, ...] = ()
            if found is not None:
                until = now + OVERLAP
                older = (OldSecret(secret=found.secret, until=until), *found.previous)
            valid = tuple(old for old in older if now < old.until)[:MAX_PREVIOUS]
            return self._keep(Secrets(secret=new_secret(), previous=valid))

    def _find(self) -> Secrets | None:
        try:
            return read(Secrets, self._store.read(self._key), self._key)
        except ArtifactMissing:
            return None

    def _keep(self, secrets: Secrets) -> Secrets:
        self._store.put(self._key, written(secrets))
        return secrets

    def _lost(self) -> Secrets:
        raise ArtifactMissing(self._key, remedy="Ask again.")
