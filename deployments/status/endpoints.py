"""Where a user's changes are posted: to registered webhooks, and to a job's own address."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from cachetools import TTLCache

from deployments.status.letters import Letter
from reels.artifacts import ArtifactStore
from reels.errors import NotFound, Unreadable
from reels.keys import USER_PATTERN
from reels.sinks.base import StatusChange
from reels.webhooks.messages import kind_of, message_to
from reels.webhooks.registry import OffReason, Registry, Webhook
from reels.webhooks.secrets import SecretBook, Secrets

log = logging.getLogger(__name__)

#: A webhook that was deleted or switched off may be told things for so long.
KNOWN_FOR_S = 5.0
MAX_KNOWN = 1_000
#: A change that is made just after a registration may seem to be older: clocks differ.
CLOCKS_S = 1.0


class Endpoint(NamedTuple):
    """A receiver of one user's: a registered webhook, or the address of one job."""

    user: str
    kind: str
    id: str

    @classmethod
    def of(cls, key: str) -> Endpoint:
        """The inverse of `key`."""
        user, kind, own = key.split("/")
        return cls(user, kind, own)

    @property
    def key(self) -> str:
        return "/".join(self)

    @property
    def is_registered(self) -> bool:
        return self.kind == "webhook"

    @property
    def shown(self) -> str:
        return f"The {self.kind} {self.id} of {self.user}"


class Target(NamedTuple):
    """Where a letter goes now, and what signs it."""

    url: str
    secrets: Secrets


class Directory:
    """Users' webhooks and secrets as they stand in the store, which is opened when first used.

    Raises ReelsError when the store does not answer.
    """

    def __init__(self, open_store: Callable[[], ArtifactStore], known_for_s: float) -> None:
        self._open_store = open_store
        self._secrets: TTLCache[str, Secrets] = TTLCache(MAX_KNOWN, known_for_s)
        self._webhooks: TTLCache[str, Webhook] = TTLCache(MAX_KNOWN, known_for_s)
        self._lock = threading.Lock()

    def letters(self, change: StatusChange, webhooks: tuple[Webhook, ...]) -> list[Letter]:
        """What is to be sent of a change of a user who has these webhooks; `until` is 0."""
        user, job = change.user_id, str(change.job_id)
        if not is_user(user):
            return []
        wanted = [
            (Endpoint(user, "webhook", str(each.id)), "")
            for each in webhooks
            if each.wants(kind_of(change))
            and (change.changed_at - each.created_at).total_seconds() >= -CLOCKS_S
        ]
        told = {each.url for each in webhooks if each.is_on}
        if change.webhook_url and change.webhook_url not in told:
            wanted.append((Endpoint(user, "job", job), change.webhook_url))
        return [_letter(change, endpoint.key, url) for endpoint, url in wanted]

    def webhooks_of(self, user: str) -> tuple[Webhook, ...]:
        """As they are this moment: one that was registered before a change is told of it."""
        if not is_user(user):
            return ()
        try:
            return Registry(self._open_store(), user).all()
        except Unreadable as error:
            log.error("The webhooks of %s are told nothing: %s", user, error)
            return ()

    def target(self, letter: Letter) -> Target | None:
        """Where a letter goes; None when its webhook is deleted or off."""
        endpoint = Endpoint.of(letter.endpoint)
        url = letter.url
        if endpoint.is_registered:
            webhook = self._webhook(endpoint)
            if webhook is None:
                return None
            url = webhook.url
        return Target(url, self._secrets_of(endpoint.user))

    def switch_off(self, endpoint: Endpoint, reason: OffReason) -> None:
        """Tell a registered webhook nothing any more."""
        Registry(self._open_store(), endpoint.user).switch_off(UUID(endpoint.id), reason)
        with self._lock:
            self._webhooks.pop(endpoint.key, None)

    def _webhook(self, endpoint: Endpoint) -> Webhook | None:
        """If it is on. That one is off is looked up every time: it may just be on again."""
        with self._lock:
            if endpoint.key in self._webhooks:
                return self._webhooks[endpoint.key]
        try:
            found = Registry(self._open_store(), endpoint.user).find(UUID(endpoint.id))
        except NotFound:
            return None
        if not found.is_on:
            return None
        with self._lock:
            self._webhooks[endpoint.key] = found
        return found

    def _secrets_of(self, user: str) -> Secrets:
        with self._lock:
            if user in self._secrets:
                return self._secrets[user]
        found = SecretBook(self._open_store(), user).read()
        with self._lock:
            self._secrets[user] = found
        return found


def is_user(user: str) -> bool:
    """Whether a user may have this name. Ops give jobs whatever owner they like."""
    return re.fullmatch(USER_PATTERN, user) is not None and ".." not in user


def _letter(change: StatusChange, endpoint: str, url: str) -> Letter:
    message = message_to(endpoint, change)
    return Letter(
        endpoint=endpoint,
        change=str(change.id),
        job=str(change.job_id),
        message=message.id,
        body=message.body,
        url=url,
        until=0.0,
    )
