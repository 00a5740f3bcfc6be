"""Anybody is anybody: so only this machine is let in, and none of other people's pages."""

from __future__ import annotations

from typing import Any

import pytest

from api.identity import Caller, identity_of, is_loopback
from reels.errors import Forbidden, InvalidInput
from reels.settings import ApiSettings, AuthSettings
from tests.api.identity.asking_kit import connection

HERE = "127.0.0.1:8100"


def dev(host: str = "127.0.0.1", **settings: Any) -> Any:
    api = ApiSettings(host=host, public_url="https://Videos.test", default_user="dora")
    return identity_of(AuthSettings(auth="dev", **settings), api, lambda: pytest.fail("no store"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.7", False),
        ("localhost.example.org", False),
    ],
)
def test_only_what_this_machine_alone_can_reach_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "videos.example.org"])
def test_elsewhere_it_does_not_start_and_says_what_to_do(host: str) -> None:
    with pytest.raises(InvalidInput) as told:
        dev(host)
    assert host in told.value.message
    for remedy in ("VIDEO_SERVICE_AUTH", "gateway, jwt or api-key", "VIDEO_SERVICE_HOST"):
        assert remedy in told.value.remedy


async def test_who_says_nothing_is_the_default_user_and_others_are_whom_they_say() -> None:
    nobody = connection({"Host": HERE})
    assert await dev().caller_of(nobody) == Caller(user="dora", role="user")
    assert dev().is_assumed(nobody)
    ann = connection({"Host": HERE, "X-User-ID": "ann", "X-User-Role": "ops"})
    assert await dev().caller_of(ann) == Caller(user="ann", role="ops")
    assert not dev().is_assumed(ann)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8100", HERE, "127.0.0.2:1", "[::1]:8100", "videos.test:443"]
)
async def test_it_is_called_by_its_own_names(host: str) -> None:
    assert (await dev().caller_of(connection({"Host": host}))).user == "dora"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "rebound.example"},
        {"Host": "rebound.example:8100"},
        {"Host": "127.0.0.1.rebound.example"},
        {"Host": "localhost.rebound.example"},
        {"Host": "127.0.0.1@rebound.example"},
        {"Host": "10.0.0.7"},
        {"Host": "[::1"},
        {"Host": ""},
    ],
)
async def test_a_name_that_was_made_to_lead_here_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden, match="VIDEO_SERVICE_PUBLIC_URL"):
        await dev().caller_of(connection(headers))


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:3000", f"http://{HERE}.evil.example"],
)
async def test_a_page_of_somebody_else_is_refused(origin: str) -> None:
    with pytest.raises(Forbidden, match="VIDEO_SERVICE_ALLOWED_ORIGINS"):
        await dev().caller_of(connection({"Host": HERE, "Origin": origin}))


@pytest.mark.parametrize(
    "origin", [f"http://{HERE}", "https://videos.test", "http://127.0.0.1:3000"]
)
async def test_our_own_pages_and_those_that_are_allowed_may_ask(origin: str) -> None:
    identity = dev(allowed_origins="http://127.0.0.1:3000, https://studio.test")
    assert (await identity.caller_of(connection({"Host": HERE, "Origin": origin}))).user == "dora"


@pytest.mark.parametrize(
    "headers",
    [
        [("Host", HERE), ("Host", "localhost")],
        [("Host", HERE), ("X-User-ID", "ann"), ("X-User-ID", "ann")],
        [("Host", HERE), ("X-User-Role", "user"), ("X-User-Role", "ops")],
        [("Host", HERE), ("X-User-ID", "a..b")],
        [("Host", HERE), ("X-User-Role", "Ops")],
    ],
)
async def test_what_comes_twice_or_is_no_user_or_role_is_refused(
    headers: list[tuple[str, str]],
) -> None:
    with pytest.raises(InvalidInput):
        await dev().caller_of(connection(headers))


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "https://*.studio.test",
        "studio.test",
        "https://studio.test/",
        "https://Studio.test",
        "ftp://studio.test",
        "https://a@studio.test",
        "https://",
        "null",
        "https://studio.test:port",
    ],
)
def test_only_exact_origins_can_be_allowed(origins: str) -> None:
    with pytest.raises(ValueError, match="VIDEO_SERVICE_ALLOWED_ORIGINS"):
        AuthSettings(allowed_origins=origins)
