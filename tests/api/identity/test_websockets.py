"""WebSockets are asked as requests are, and browsers that open them are told whose page it is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from api.identity.keyring import Keyring
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.settings import AuthSettings
from tests.api.conftest import NOWHERE, client_of
from tests.api.test_two_users import Answer, knock

STUDIO = "https://studio.test"


@pytest.fixture
async def keyed(store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    auth = AuthSettings(auth="api-key", allowed_origins=STUDIO)
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store, host="0.0.0.0", auth=auth) as api:
        yield api


async def ask(api: httpx.AsyncClient, headers: dict[str, str], *offered: str) -> Answer:
    return await knock(api._transport.app, "/ws", headers, offered)  # type: ignore[attr-defined]


async def test_a_key_opens_a_socket_as_a_header_or_as_a_subprotocol(
    keyed: httpx.AsyncClient, store: LocalStore
) -> None:
    _, key = Keyring(store).make("ann", "user")
    token = f"bearer.{key}"
    assert await ask(keyed, {"X-API-Key": key}) == Answer(101, None)
    assert await ask(keyed, {"Authorization": f"Bearer {key}"}, "v1") == Answer(101, "v1")
    assert await ask(keyed, {}, "v1", token) == Answer(101, "v1")
    assert await ask(keyed, {}, token, "v1") == Answer(101, "v1")
    assert await ask(keyed, {}, token) == Answer(101, token)


async def test_without_a_good_key_no_socket_is_opened(
    keyed: httpx.AsyncClient, store: LocalStore
) -> None:
    _, key = Keyring(store).make("ann", "user")
    assert (await ask(keyed, {})).status == 401
    assert (await ask(keyed, {}, "v1")).status == 401
    assert (await ask(keyed, {}, "bearer.")).status == 401
    assert (await ask(keyed, {}, f"bearer.{key[:-1]}")).status == 401
    assert (await ask(keyed, {}, key)).status == 401
    two = await ask(keyed, {"Authorization": f"Bearer {key}"}, f"bearer.{key}")
    assert two.status == 422


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://videos.test", 101),
        ("https://videos.test", 101),
        (STUDIO, 101),
        ("https://evil.test", 403),
        ("null", 403),
        (f"{STUDIO}.evil.test", 403),
        ("http://videos.test.evil.test", 403),
        ("https://STUDIO.test", 403),
    ],
)
async def test_only_our_own_pages_and_those_that_are_allowed_open_sockets(
    keyed: httpx.AsyncClient, store: LocalStore, origin: str, status: int
) -> None:
    _, key = Keyring(store).make("ann", "user")
    assert (await ask(keyed, {"X-API-Key": key, "Origin": origin})).status == status
