"""Who asks, said by a gateway that proves itself."""

from __future__ import annotations

from typing import Any

import pytest

from api.identity import Caller, identity_of
from reels.errors import InvalidInput, Unauthenticated
from reels.settings import ApiSettings, AuthSettings
from tests.api.identity.asking_kit import connection

SECRET, BEFORE = "a secret-of-the-tests".replace(" ", "-"), "the-secret-before-it"


def gateway(**settings: Any) -> Any:
    auth = AuthSettings(auth="gateway", gateway_secret=SECRET, **settings)
    api = ApiSettings(host="0.0.0.0")
    return identity_of(auth, api, lambda: pytest.fail("no store is needed"))


def sent(secret: str = SECRET, user: str = "ann", **more: str) -> dict[str, str]:
    return {"X-Gateway-Secret": secret, "X-User-ID": user, **more}


async def test_beside_the_secret_the_user_and_the_role_are_believed() -> None:
    assert await gateway().caller_of(connection(sent())) == Caller(user="ann", role="user")
    told = connection(sent(**{"X-User-Role": "editor"}))
    assert await gateway().caller_of(told) == Caller(user="ann", role="editor")
    assert not gateway().is_assumed(told)


async def test_while_the_secret_is_changed_both_are_good() -> None:
    both = gateway(gateway_secret_before=BEFORE)
    for secret in (SECRET, BEFORE):
        assert (await both.caller_of(connection(sent(secret)))).user == "ann"
    with pytest.raises(Unauthenticated):
        await gateway().caller_of(connection(sent(BEFORE)))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-User-ID": "ann"},
        sent(""),
        sent(SECRET[:-1]),
        sent(SECRET + "x"),
        sent(SECRET.upper()),
        sent("ÿ" * 20),
        {"X-Gateway-Secret": SECRET},
    ],
)
async def test_without_the_secret_or_a_user_nobody_asks(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated) as told:
        await gateway().caller_of(connection(headers))
    assert SECRET[:8] not in str(told.value) + repr(told.value)
    assert "X-User-ID" in told.value.scheme


@pytest.mark.parametrize("header", ["X-Gateway-Secret", "X-User-ID", "X-User-Role"])
async def test_a_header_that_comes_twice_is_refused(header: str) -> None:
    once = list(sent(**{"X-User-Role": "user"}).items())
    twice = [*once, *(pair for pair in once if pair[0] == header)]
    with pytest.raises(InvalidInput, match=header):
        await gateway().caller_of(connection(twice))


@pytest.mark.parametrize(
    "headers",
    [
        sent(user=""),
        sent(user="a/b"),
        sent(user="ann, ben"),
        sent(user="a..b"),
        sent(user="ann\n"),
        sent(**{"X-User-Role": "root"}),
        sent(**{"X-User-Role": ""}),
    ],
)
async def test_what_is_no_user_or_role_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await gateway().caller_of(connection(headers))


@pytest.mark.parametrize("secret", ["", "fifteen-letters", "sixteen letters and spaces", "ж" * 20])
def test_a_gateway_without_a_good_secret_is_no_setting(secret: str) -> None:
    with pytest.raises(ValueError, match="VIDEO_SERVICE_GATEWAY_SECRET") as told:
        AuthSettings(auth="gateway", gateway_secret=secret)
    assert not secret or secret not in str(told.value)
