"""Who asks, by a key of which the store keeps only a hash."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.identity import Caller, identity_of
from api.identity.api_key import ApiKeys
from api.identity.keyring import Keyring, parse
from blocks.local_store import LocalStore
from reels.errors import Forbidden, InvalidInput, NotFound, StoreUnavailable, Unauthenticated
from reels.settings import ApiSettings, AuthSettings
from tests.api.identity.asking_kit import bearer, connection


async def refusal(identity: Any, key: str) -> str:
    """Why a key is refused; empty when it is not."""
    try:
        await identity.caller_of(bearer(key))
    except Unauthenticated as error:
        return error.message
    return ""


@pytest.fixture
def keyring(store: LocalStore) -> Keyring:
    return Keyring(store)


@pytest.fixture
def identity(store: LocalStore) -> Any:
    return identity_of(AuthSettings(auth="api-key"), ApiSettings(host="0.0.0.0"), lambda: store)


async def test_a_key_says_who_asks_in_either_header(identity: Any, keyring: Keyring) -> None:
    _, key = keyring.make("ann@example.org", "editor")
    expected = Caller(user="ann@example.org", role="editor")
    assert await identity.caller_of(bearer(key)) == expected
    assert await identity.caller_of(connection({"X-API-Key": key})) == expected
    assert await identity.caller_of(connection({"authorization": f"BEARER {key}"})) == expected


def test_the_store_holds_no_secret(keyring: Keyring, store: LocalStore, tmp_path: Path) -> None:
    key_id, key = keyring.make("ann", "user")
    sent = parse(key)
    assert sent is not None
    assert sent.id == key_id
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(sent.secret.encode() in content for content in kept)
    assert store.head(f"access/keys/{key_id}.json") is not None
    assert sent.secret not in repr(sent) + str(sent) + f"{sent}" + repr(keyring.all())
    assert keyring.all()[0].sha256 not in repr(keyring.all())


@pytest.mark.parametrize(
    "key",
    [
        "rw_",
        "rw_0123456789abcdef_" + "a" * 43,
        "rw_../../videos/ann_" + "a" * 43,
        "RW_0123456789ABCDEF_" + "a" * 43,
        "a" * 15_000,
        "чай",
    ],
)
async def test_what_is_no_key_of_ours_is_refused(identity: Any, key: str) -> None:
    sent = key.encode().decode("latin-1")
    for headers in ({"Authorization": f"Bearer {sent}"}, {"X-API-Key": sent}):
        with pytest.raises(Unauthenticated) as told:
            await identity.caller_of(connection(headers))
        assert 'ApiKey header="X-API-Key"' in told.value.scheme
        assert key[-20:] not in str(told.value)


async def test_another_secret_of_a_key_that_there_is_is_refused(
    identity: Any, keyring: Keyring
) -> None:
    first, key = keyring.make("ann", "user")
    _, other = keyring.make("ben", "ops")
    mixed = f"rw_{first}_{other.split('_', 2)[2]}"
    for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), mixed):
        with pytest.raises(Unauthenticated):
            await identity.caller_of(bearer(wrong))


async def test_a_key_that_is_over_is_refused_and_says_so(identity: Any, keyring: Keyring) -> None:
    key_id, key = keyring.make("ann", "user", timedelta(microseconds=1))
    with pytest.raises(Unauthenticated, match=f"{key_id} is expired"):
        await identity.caller_of(bearer(key))
    _, lasting = keyring.make("ann", "user", timedelta(days=1))
    assert (await identity.caller_of(bearer(lasting))).user == "ann"


async def test_a_key_that_is_revoked_stops_counting_when_what_is_known_of_it_is_old(
    store: LocalStore, keyring: Keyring
) -> None:
    identity = ApiKeys(lambda: store, known_for_s=0.2)
    key_id, key = keyring.make("ann", "user")
    await identity.caller_of(bearer(key))
    keyring.revoke(key_id)

    async with asyncio.timeout(5):
        while not (told := await refusal(identity, key)):
            await asyncio.sleep(0.01)

    assert told == f"The key {key_id} is revoked."


async def test_the_store_is_asked_once_for_all_who_come_at_once(
    store: LocalStore, keyring: Keyring
) -> None:
    asked: list[int] = []

    def opened() -> LocalStore:
        asked.append(1)
        return store

    identity = ApiKeys(opened)
    _, key = keyring.make("ann", "user")
    await asyncio.gather(*(identity.caller_of(bearer(key)) for _ in range(200)))
    assert len(asked) == 1


async def test_a_store_that_does_not_answer_is_no_fault_of_the_key(
    store: LocalStore, keyring: Keyring
) -> None:
    answers = iter([None])

    def opened() -> LocalStore:
        for _ in answers:
            raise StoreUnavailable("The disk is away.")
        return store

    identity = ApiKeys(opened)
    _, key = keyring.make("ann", "user")
    with pytest.raises(StoreUnavailable):
        await identity.caller_of(bearer(key))
    assert (await identity.caller_of(bearer(key))).user == "ann"


async def test_what_somebody_has_spoilt_lets_nobody_in(
    identity: Any, keyring: Keyring, store: LocalStore
) -> None:
    key_id, key = keyring.make("ann", "user")
    store.put(f"access/keys/{key_id}.json", b'{"user": "ann", "role": "ops"}')
    with pytest.raises(StoreUnavailable):
        await identity.caller_of(bearer(key))


async def test_two_keys_or_none_are_refused(identity: Any, keyring: Keyring) -> None:
    _, key = keyring.make("ann", "user")
    for other in (key, "", "x"):
        both = {"X-API-Key": other, "Authorization": f"Bearer {key}"}
        with pytest.raises(Unauthenticated, match="two keys"):
            await identity.caller_of(connection(both))
    with pytest.raises(InvalidInput):
        await identity.caller_of(connection([("X-API-Key", key), ("X-API-Key", key)]))
    with pytest.raises(Unauthenticated, match="no key"):
        await identity.caller_of(connection({}))


def test_keys_are_made_for_users_only_and_the_houses_name_is_its_own(keyring: Keyring) -> None:
    for user in ("", "../x", "a b", "чай"):
        with pytest.raises(InvalidInput):
            keyring.make(user, "user")
    with pytest.raises(Forbidden):
        keyring.make("ops", "editor")
    keyring.make("ops", "ops")
    assert [record.user for record in keyring.all()] == ["ops"]


def test_a_key_is_revoked_once_and_one_that_is_none_is_told(keyring: Keyring) -> None:
    key_id, _ = keyring.make("ann", "user")
    first = keyring.revoke(key_id)
    assert first.revoked_at is not None
    assert keyring.revoke(key_id) == first
    for none in ("0" * 16, "../../etc", "x"):
        with pytest.raises(NotFound):
            keyring.revoke(none)
