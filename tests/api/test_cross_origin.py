"""Pages of other origins are let in by name, and read what they need."""

from __future__ import annotations

import httpx
import pytest

from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.settings import AuthSettings
from tests.api.conftest import NOWHERE, client_of

STUDIO = "https://studio.test"
ASKED = {
    "Origin": STUDIO,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


async def test_by_default_no_other_origin_is_let_in(offline_api: httpx.AsyncClient) -> None:
    asked = await offline_api.options("/videos", headers=ASKED)
    read = await offline_api.get("/health", headers={"Origin": STUDIO})
    for answer in (asked, read):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_an_allowed_origin_may_send_what_the_routes_take_and_read_what_they_tell(
    store: LocalStore,
) -> None:
    auth = AuthSettings(allowed_origins=f"{STUDIO},http://127.0.0.1:3000")
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store, auth=auth) as api:
        asked = await api.options("/videos", headers=ASKED)
        read = await api.get("/media", headers={"Origin": STUDIO})
        failed = await api.get("/videos", headers={"Origin": STUDIO})
        other = await api.get("/health", headers={"Origin": f"{STUDIO}.evil.test"})

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == STUDIO
    assert "access-control-allow-credentials" not in asked.headers
    assert read.status_code == 200
    exposed = read.headers["access-control-expose-headers"]
    assert all(name in exposed for name in ("Location", "Retry-After", "ETag", "X-Request-ID"))
    assert failed.status_code == 503
    assert failed.headers["access-control-allow-origin"] == STUDIO
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
async def test_all_methods_that_routes_have_may_be_sent(store: LocalStore, method: str) -> None:
    auth = AuthSettings(allowed_origins=STUDIO)
    async with client_of(PrefectGateway(NOWHERE), store, auth=auth) as api:
        headers = {"Origin": STUDIO, "Access-Control-Request-Method": method}
        assert (await api.options("/media/a.png", headers=headers)).status_code == 200
