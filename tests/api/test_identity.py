"""Whose request it is, by the trusted header."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.gateway import PrefectGateway
from api.identity import is_loopback
from blocks.local_store import LocalStore
from tests.api.conftest import NOWHERE, client_of

OPEN = "0.0.0.0"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        (OPEN, False),
        ("::", False),
        ("", False),
        ("10.0.0.7", False),
        ("localhost.example.org", False),
    ],
)
def test_only_what_this_machine_alone_can_reach_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


async def test_beyond_loopback_a_request_without_the_header_is_refused_on_every_users_route(
    store: LocalStore,
) -> None:
    async with PrefectGateway(NOWHERE) as gateway, client_of(gateway, store, host=OPEN) as api:
        routes = [
            (method, re.sub(r"\{\w+_id\}", "019a2b3c-0000-7000-8000-000000000001", path))
            for path, methods in (await api.get("/openapi.json")).json()["paths"].items()
            for method, described in methods.items()
            if _takes_a_user(described)
        ]
        answers = [await api.request(method, path) for method, path in routes]

    assert len(routes) == 17
    for answer in answers:
        assert answer.status_code == 401, answer.url
        assert "X-User-ID" in answer.json()["detail"]
        assert "X-User-ID" in answer.headers["WWW-Authenticate"]
        assert answer.headers["content-type"] == "application/problem+json"


def _takes_a_user(described: dict[str, Any]) -> bool:
    named = [each["name"] for each in described.get("parameters", [])]
    assert ("X-User-ID" in named) == ("401" in described["responses"])
    return "X-User-ID" in named


@pytest.mark.parametrize(("host", "headers"), [("127.0.0.1", {}), (OPEN, {"X-User-ID": "ann"})])
async def test_on_loopback_or_with_the_header_the_request_goes_on_to_prefect(
    store: LocalStore, host: str, headers: dict[str, str]
) -> None:
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store, host=host) as api:
        answer = await api.get("/videos", headers=headers)

    assert answer.status_code == 503
