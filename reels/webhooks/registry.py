"""The webhooks that users have registered, in the store. All methods block.

    webhooks/{user}/{id}.json       where to, and what is told there
    webhooks/{user}/{id}.off.json   why nothing is told there any more

That a webhook is off is a note of its own: who switches one off while its user deletes it
does not bring it back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import Field

from reels.addresses import Host, check_address, read_address
from reels.artifacts import ArtifactStore
from reels.documents import read, written
from reels.errors import ArtifactMissing, Conflict, NotFound
from reels.models import Model, WebhookAddress
from reels.webhooks.messages import EventKind

MAX_WEBHOOKS = 10
ROOT = "webhooks"
#: `gone`: the receiver answered 410. `failing`: it has taken nothing for too long.
OffReason = Literal["gone", "failing"]

Events = Annotated[
    tuple[EventKind, ...],
    Field(max_length=20, description="types of the messages that are wanted; empty: all"),
]


class WantedWebhook(Model):
    """An address to which the changes of all your videos are posted."""

    url: WebhookAddress
    events: Events = ()


class _Kept(WantedWebhook):
    id: UUID
    created_at: datetime


class _Off(Model):
    reason: OffReason
    at: datetime


class Webhook(_Kept):
    """A registered address. One that is off is told nothing until it is switched on again."""

    is_on: bool = True
    off_reason: OffReason | None = Field(
        default=None, description="`gone`: it answered 410; `failing`: it took nothing for too long"
    )
    off_at: datetime | None = None

    def wants(self, kind: EventKind) -> bool:
        """Whether it is to be told of messages of this type."""
        return self.is_on and (not self.events or kind in self.events)


def check_webhook(url: str, allowed: Collection[Host], field: str = "url") -> None:
    """Refuse what is no address of a public web server, as far as the text tells.

    Raises:
        InvalidInput: naming `field`.
    """
    check_address(read_address(url, field), allowed, field)


class Registry:
    """One user's webhooks."""

    def __init__(self, store: ArtifactStore, user: str) -> None:
        self._store = store
        self._home = f"{ROOT}/{user}"

    def all(self) -> tuple[Webhook, ...]:
        """Oldest first."""
        names = {ref.key.rpartition("/")[2] for ref in self._store.list(self._home)}
        ids = (name.removesuffix(".json") for name in names if name.endswith(".json"))
        read = (self._read(UUID(each), f"{each}.off.json" in names) for each in ids if _is_id(each))
        found = [webhook for webhook in read if webhook is not None]
        return tuple(sorted(found, key=lambda webhook: (webhook.created_at, webhook.id)))

    def find(self, webhook_id: UUID) -> Webhook:
        """Raises NotFound."""
        found = self._read(webhook_id, has_note=True)
        if found is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        return found

    def add(self, wanted: WantedWebhook) -> Webhook:
        """Register an address that has been checked. The same once more gives the one there is.

        Raises:
            Conflict: there are as many as there may be.
        """
        held = self.all()
        if (same := _same(held, wanted)) is not None:
            return same
        if len(held) >= MAX_WEBHOOKS:
            raise _too_many()
        kept = _Kept(**wanted.model_dump(), id=uuid4(), created_at=datetime.now(UTC))
        self._store.put(self._key(kept.id), written(kept))
        # Others may have been added meanwhile, by other processes too.
        if len(self.all()) > MAX_WEBHOOKS:
            self.remove(kept.id)
            raise _too_many()
        return Webhook(**kept.model_dump())

    def remove(self, webhook_id: UUID) -> None:
        """Nothing happens when it is not there."""
        self._store.delete(self._key(webhook_id))
        self._store.delete(self._off_key(webhook_id))

    def switch_off(self, webhook_id: UUID, reason: OffReason) -> None:
        note = _Off(reason=reason, at=datetime.now(UTC))
        self._store.put(self._off_key(webhook_id), written(note))

    def switch_on(self, webhook_id: UUID) -> Webhook:
        """Raises NotFound."""
        self.find(webhook_id)
        self._store.delete(self._off_key(webhook_id))
        return self.find(webhook_id)

    def _read(self, webhook_id: UUID, has_note: bool) -> Webhook | None:
        try:
            kept = read(_Kept, self._store.read(self._key(webhook_id)), self._key(webhook_id))
            if has_note:
                off_key = self._off_key(webhook_id)
                note = read(_Off, self._store.read(off_key), off_key)
                off = {"is_on": False, "off_reason": note.reason, "off_at": note.at}
                return Webhook(**kept.model_dump(), **off)
        except ArtifactMissing as error:
            if error.key == self._key(webhook_id):
                return None
        return Webhook(**kept.model_dump())

    def _key(self, webhook_id: UUID) -> str:
        return f"{self._home}/{webhook_id}.json"

    def _off_key(self, webhook_id: UUID) -> str:
        return f"{self._home}/{webhook_id}.off.json"


def _same(held: Sequence[Webhook], wanted: WantedWebhook) -> Webhook | None:
    asked = (wanted.url, set(wanted.events))
    return next((each for each in held if (each.url, set(each.events)) == asked), None)


def _too_many() -> Conflict:
    return Conflict(f"There are {MAX_WEBHOOKS} webhooks already.", remedy="Delete one first.")


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
