"""How often callers may come: by user and route, or by address while nobody knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from api.identity.admission import address_of, proof_of
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.settings import AuthSettings, LimitSettings
from tests.api.conftest import NOWHERE
from tests.api.limit_kit import app_of, client_from

SECRET = "a-secret-of-the-gateway-of-tests"
GOOD = {"X-Gateway-Secret": SECRET, "X-User-ID": "ann"}
BAD = {"X-Gateway-Secret": "guessed", "X-User-ID": "ann"}
LIMITS = LimitSettings(rate_changes="3/hour", rate_reads="5/hour", rate_refused="4/hour")


@pytest.fixture
async def app(store: LocalStore) -> AsyncIterator[FastAPI]:
    auth = AuthSettings(auth="gateway", gateway_secret=SecretStr(SECRET))
    async with PrefectGateway(NOWHERE, patience_s=0.1) as gateway:
        yield app_of(gateway, store, auth=auth, limits=LIMITS)


async def test_a_users_requests_on_a_route_are_limited_whatever_ids_it_names(app: FastAPI) -> None:
    async with client_from(app) as api:
        answers = [
            await api.post(f"/videos/{number:08}-0000-7000-8000-000000000001:cancel", headers=GOOD)
            for number in range(4)
        ]

    assert [answer.status_code for answer in answers] == [503, 503, 503, 429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith(":limit-reached")
    assert 0 < int(refused.headers["Retry-After"]) <= 7200


async def test_other_users_other_routes_and_reads_are_counted_apart(app: FastAPI) -> None:
    async with client_from(app) as api:
        for _ in range(4):
            await api.post("/ideas:expand", headers=GOOD)

        assert (await api.post("/ideas:expand", headers=GOOD)).status_code == 429
        bob = {**GOOD, "X-User-ID": "bob"}
        assert (await api.post("/ideas:expand", headers=bob)).status_code == 415
        assert (await api.post("/videos", headers=GOOD)).status_code == 415
        assert (await api.get("/voices", headers=GOOD)).status_code == 200


async def test_an_answer_says_how_much_is_left(app: FastAPI) -> None:
    async with client_from(app) as api:
        answer = await api.get("/voices", headers=GOOD)

    assert answer.headers["RateLimit-Policy"] == '"reads";q=5;w=3600'
    assert answer.headers["RateLimit"].startswith('"reads";r=4;t=')


async def test_a_request_counts_once_though_it_has_a_key(app: FastAPI) -> None:
    async with client_from(app) as api:
        for _ in range(3):
            answer = await api.post("/ideas:expand", headers={**GOOD, "Idempotency-Key": "k"})
            assert answer.status_code == 415


async def test_an_address_that_guesses_is_no_longer_listened_to(app: FastAPI) -> None:
    async with client_from(app, "203.0.113.7") as api:
        guesses = [await api.get("/voices", headers=BAD) for _ in range(6)]
        right = await api.get("/voices", headers=GOOD)
    async with client_from(app, "203.0.113.8") as elsewhere:
        other = await elsewhere.get("/voices", headers=GOOD)

    codes = [answer.status_code for answer in guesses]
    assert codes[:4] in ([401] * 4, [403] * 4)
    assert codes[4:] == [429, 429]
    assert "Retry-After" in guesses[-1].headers
    assert right.status_code == 429
    assert other.status_code == 200


async def test_who_was_let_in_before_is_not_kept_out_by_those_who_guess_beside_them(
    app: FastAPI,
) -> None:
    async with client_from(app, "203.0.113.7") as api:
        assert (await api.get("/voices", headers=GOOD)).status_code == 200
        for _ in range(6):
            await api.get("/voices", headers=BAD)

        assert (await api.get("/voices", headers=GOOD)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Gateway-Secret": SECRET},
        {**GOOD, "X-User-ID": "ops"},
        {**GOOD, "X-User-ID": "a/b"},
    ],
    ids=["nobody's", "the house's name", "no user"],
)
async def test_what_the_gateway_itself_sends_never_keeps_its_other_users_out(
    app: FastAPI, headers: dict[str, str]
) -> None:
    async with client_from(app, "203.0.113.7") as api:
        answers = [await api.get("/voices", headers=headers) for _ in range(6)]

        assert {answer.status_code for answer in answers} <= {401, 403, 422}
        assert (await api.get("/voices", headers=GOOD)).status_code == 200


def test_a_token_that_a_socket_offers_is_a_proof_of_its_own() -> None:
    def proof(*offered: str) -> bytes:
        scope = {"type": "websocket", "headers": [], "subprotocols": list(offered)}
        return proof_of(HTTPConnection(scope), "203.0.113.7")

    assert len({proof(), proof("v1"), proof("v1", "bearer.a"), proof("v1", "bearer.b")}) == 3
    assert proof("v1", "bearer.a") == proof("bearer.a", "v2")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("a name", "a name"),
    ],
)
def test_a_network_of_ipv6_is_one_address(host: str, address: str) -> None:
    assert address_of(HTTPConnection({"type": "http", "client": (host, 9)})) == address


def test_a_socket_without_an_address_is_one_too() -> None:
    assert address_of(HTTPConnection({"type": "http", "client": None})) == ""
