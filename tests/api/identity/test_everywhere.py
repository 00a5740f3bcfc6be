"""Every route asks who it is, in every mode, except for those that serve everybody."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from api.identity.keyring import Keyring
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.errors import InvalidInput
from reels.settings import AuthSettings
from tests.api.conftest import NOWHERE, client_of

OPEN = "0.0.0.0"
SECRET = "the-secret-of-the-gateway"
SHARED = "a shared secret of the tests, which is long enough"
MODES: dict[str, dict[str, Any]] = {
    "gateway": {"gateway_secret": SECRET},
    "jwt": {"jwt_key": SHARED},
    "api-key": {},
}
#: Who calls these has nothing to prove, or proves it by the link itself.
EVERYBODYS = {
    "GET /artifacts/{key}",
    "GET /health",
    "GET /metrics",
    "PUT /uploads/{token}",
}
#: Players, which send no proof, call these by links that are one; others prove who they are.
LINKED = {
    "GET /hls/{video_id}.m3u8",
    "GET /hls/{video_id}/thumbnails.vtt",
    "GET /hls/{video_id}/{track}/{playlist}",
    "GET /watch/{video_id}",
}
ID = "019a2b3c-0000-7000-8000-000000000001"


def strict(mode: str) -> AuthSettings:
    return AuthSettings(auth=mode, **MODES[mode])


async def described(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Every operation of the document, by its method and path."""
    paths = (await api.get("/openapi.json")).json()["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


@pytest.mark.parametrize("mode", MODES)
async def test_whoever_proves_nothing_is_refused_on_every_route_that_is_not_everybodys(
    mode: str, store: LocalStore
) -> None:
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store, host=OPEN, auth=strict(mode)) as api:
        routes = await described(api)
        closed = {route for route in routes if route not in EVERYBODYS}
        answers = {}
        for route in sorted(closed):
            short = re.sub(r"\{(scenario|task)_id\}", "0" * 20, route)
            method, path = re.sub(r"\{\w+_id\}", ID, short).split(" ")
            answers[route] = await api.request(method, path.replace("{path}", "a/b.png"))

    assert len(closed) > 15
    for route, answer in answers.items():
        assert answer.status_code == 401, route
        assert answer.headers["WWW-Authenticate"], route
        assert answer.headers["content-type"] == "application/problem+json", route
        assert "401" in routes[route]["responses"], route
        assert ("security" in routes[route]) != (route in LINKED), route
        names = [each["name"] for each in routes[route].get("parameters", ())]
        assert "X-User-ID" not in names, route
    for route in EVERYBODYS & set(routes):
        assert "security" not in routes[route], route


async def test_where_nobody_proves_anything_the_users_header_is_a_parameter_that_may_be_sent(
    offline_api: httpx.AsyncClient,
) -> None:
    routes = await described(offline_api)
    for route, operation in routes.items():
        named = [each["name"] for each in operation.get("parameters", ())]
        assert ("X-User-ID" in named) is (route not in EVERYBODYS | LINKED), route
        assert "security" not in operation


async def test_what_proves_it_goes_on_to_the_route(store: LocalStore) -> None:
    import jwt

    _, key = Keyring(store).make("ann", "user")
    token = jwt.encode({"sub": "ann", "exp": 9_999_999_999}, SHARED, "HS256")
    proofs = {
        "gateway": {"X-Gateway-Secret": SECRET, "X-User-ID": "ann"},
        "jwt": {"Authorization": f"Bearer {token}"},
        "api-key": {"X-API-Key": key},
    }
    for mode, headers in proofs.items():
        gateway = PrefectGateway(NOWHERE, patience_s=0.1)
        async with gateway, client_of(gateway, store, host=OPEN, auth=strict(mode)) as api:
            assert (await api.get("/media", headers=headers)).status_code == 200, mode
            for others in {name: each for name, each in proofs.items() if name != mode}.values():
                assert (await api.get("/media", headers=others)).status_code == 401, mode


def test_an_app_that_anybody_could_be_anybody_in_is_not_made(store: LocalStore) -> None:
    with pytest.raises(InvalidInput, match="VIDEO_SERVICE_AUTH"):
        client_of(PrefectGateway(NOWHERE), store, host=OPEN)


async def test_the_name_that_owns_the_jobs_of_ops_is_not_for_others(
    offline_api: httpx.AsyncClient,
) -> None:
    async def status(role: str) -> int:
        headers = {"X-User-ID": "ops", "X-User-Role": role}
        return (await offline_api.get("/media", headers=headers)).status_code

    assert [await status(role) for role in ("user", "editor", "ops")] == [403, 403, 200]
