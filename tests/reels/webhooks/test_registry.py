"""A user's webhooks and secrets in the store."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from blocks.local_store import LocalStore
from reels.errors import Conflict, InvalidInput, NotFound
from reels.webhooks.registry import MAX_WEBHOOKS, Registry, WantedWebhook, check_webhook
from reels.webhooks.secrets import MAX_PREVIOUS, OVERLAP, SecretBook
from tests.reels.attacks import ATTACKS

URL = "https://hooks.example.org/in"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path, public_url="http://api.test", secret=b"s")


def wanted(number: int = 0) -> WantedWebhook:
    return WantedWebhook(url=f"{URL}/{number}")


def test_what_is_registered_is_found_oldest_first_and_by_its_user_only(store: LocalStore) -> None:
    ann = Registry(store, "ann")
    added = [ann.add(wanted(number)) for number in range(3)]
    SecretBook(store, "ann").read()
    assert list(ann.all()) == added
    assert ann.find(added[1].id) == added[1]
    assert Registry(store, "ben").all() == ()
    with pytest.raises(NotFound):
        Registry(store, "ben").find(added[0].id)


def test_the_same_once_more_is_the_one_there_is(store: LocalStore) -> None:
    registry = Registry(store, "ann")
    first = registry.add(WantedWebhook(url=URL, events=("video.ready", "video.failed")))
    again = registry.add(WantedWebhook(url=URL, events=("video.failed", "video.ready")))
    other = registry.add(WantedWebhook(url=URL))
    assert again == first != other


def test_one_more_than_there_may_be_is_refused_though_many_come_at_once(store: LocalStore) -> None:
    registry = Registry(store, "ann")

    def add(number: int) -> bool:
        try:
            registry.add(wanted(number))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        added = sum(pool.map(add, range(40)))
    assert added == len(registry.all()) <= MAX_WEBHOOKS
    for number in range(100, 100 + MAX_WEBHOOKS - added):
        registry.add(wanted(number))
    with pytest.raises(Conflict, match="10"):
        registry.add(wanted(999))


def test_one_that_is_off_says_why_until_it_is_on_again(store: LocalStore) -> None:
    registry = Registry(store, "ann")
    webhook = registry.add(wanted())
    registry.switch_off(webhook.id, "gone")
    off = registry.find(webhook.id)
    assert (off.is_on, off.off_reason, off.wants("video.ready")) == (False, "gone", False)
    assert registry.all() == (off,)
    assert registry.switch_on(webhook.id) == webhook
    assert registry.all() == (webhook,)


def test_switching_off_what_was_deleted_meanwhile_does_not_bring_it_back(
    store: LocalStore,
) -> None:
    registry = Registry(store, "ann")
    webhook = registry.add(wanted())
    registry.remove(webhook.id)
    registry.switch_off(webhook.id, "gone")
    assert registry.all() == ()
    with pytest.raises(NotFound):
        registry.switch_on(uuid4())


@pytest.mark.parametrize("url", ATTACKS)
def test_no_attack_is_registered_that_can_be_told_by_its_text(url: str) -> None:
    """`#` ends the host of the one that is left: what is asked then is the innocent part."""
    if url.startswith("http://media.test.example#"):
        check_webhook(url, ())
        return
    with pytest.raises(InvalidInput):
        check_webhook(url, ())


def test_the_first_secret_stays_and_is_each_users_own(store: LocalStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        ann = {each.secret for each in pool.map(lambda _: SecretBook(store, "ann").read(), "12345")}
    assert len(ann) == 1
    assert SecretBook(store, "ben").read().secret not in ann


def test_after_a_rotation_the_old_secret_signs_for_a_day(store: LocalStore) -> None:
    book = SecretBook(store, "ann")
    old, new = book.read(), book.rotate()
    now = datetime.now(UTC)
    assert new.signing(now) == (new.secret, old.secret)
    assert new.signing(now + OVERLAP + timedelta(seconds=1)) == (new.secret,)
    assert book.read() == new


def test_a_rotation_that_is_repeated_by_mistake_cuts_nobody_off(store: LocalStore) -> None:
    book = SecretBook(store, "ann")
    first = book.read().secret
    rotated = [book.rotate() for _ in range(MAX_PREVIOUS)]
    assert first in rotated[-1].signing(datetime.now(UTC))
    assert len(book.rotate().previous) == MAX_PREVIOUS


def test_a_secret_is_in_no_words_about_it(store: LocalStore) -> None:
    secrets = SecretBook(store, "ann").rotate()
    SecretBook(store, "ann").rotate()
    assert secrets.secret not in repr(SecretBook(store, "ann").read()) + str(secrets)
    assert secrets.secret in json.dumps(SecretBook(store, "ann").read().model_dump(mode="json"))
