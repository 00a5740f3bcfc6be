"""An upload's id tells when it was begun, and its keys when they may go."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from reels.errors import LinkRefused
from reels.grants import Grant
from reels.uploads import begun_at, expired, new_id, place, upload_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_id_holds_the_time_and_sorts_by_it() -> None:
    made = [new_id(NOW + timedelta(milliseconds=number)) for number in range(5)]
    assert sorted(made) == made
    assert begun_at(made[3]) == NOW + timedelta(milliseconds=3)
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert new_id(NOW) != new_id(NOW)


def test_only_what_nobody_can_go_on_with_is_expired() -> None:
    ages = {hours: place("ann", new_id(NOW - timedelta(hours=hours))) for hours in (0, 1, 3, 50)}
    keys = [f"{each}/content" for each in ages.values()]
    assert expired(keys, NOW, 3600) == (f"{ages[3]}/content", f"{ages[50]}/content")


def test_ids_of_others_are_old_and_other_keys_are_nobodys() -> None:
    strange = [place("ann", uuid4()), place("ann", UUID(int=(1 << 128) - 1))]
    keys = [f"{each}/content" for each in strange]
    assert expired([*keys, "uploads/ann/x/content", "assets/a/b/c", "uploads"], NOW, 60) == (*keys,)
    assert upload_of("assets/ann/x.png") is None


def test_a_grant_is_read_back_only_as_it_was_signed() -> None:
    grant = Grant(key="uploads/a", size_bytes=5, expires_at=int(time.time()) + 60)
    token = grant.token(b"secret")
    assert Grant.of_token(token, b"secret", time.time()) == grant
    assert "/" not in token
    body, _, mac = token.partition(".")
    other = grant.model_copy(update={"key": "assets/ben/x"}).token(b"guess")
    for forged in ("", ".", body, other, f"{other.partition('.')[0]}.{mac}", f"{token}.", "é.é"):
        with pytest.raises(LinkRefused, match="signature"):
            Grant.of_token(forged, b"secret", time.time())
    with pytest.raises(LinkRefused, match="expired"):
        Grant.of_token(token, b"secret", time.time() + 61)
