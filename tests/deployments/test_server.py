from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from deployments import server as embedded
from tests.deployments.conftest import EmbeddedServer


@pytest.mark.slow
async def test_200_creations_at_concurrency_16_are_refused_never(server: EmbeddedServer) -> None:
    """A client without retries gets 201 for every one of 200 flow runs made 16 at a time."""
    answers: Counter[int] = Counter()
    gate = asyncio.Semaphore(16)
    async with httpx.AsyncClient(
        base_url=server.addresses.prefect_api_url, timeout=120, trust_env=False
    ) as client:
        flow_id = (await client.post("/flows/", json={"name": "burst"})).json()["id"]

        async def create() -> None:
            async with gate:
                body = {"flow_id": flow_id, "state": {"type": "SCHEDULED"}}
                answers[(await client.post("/flow_runs/", json=body)).status_code] += 1

        await asyncio.gather(*(create() for _ in range(200)))
    assert answers == {201: 200}


@pytest.mark.slow
def test_the_ui_calls_its_own_server_and_no_other(server: EmbeddedServer) -> None:
    """The UI is told this server's address, and shows V1, which calls no analytics host."""
    settings = httpx.get(f"{server.addresses.prefect_url}/ui-settings", trust_env=False).json()
    assert settings["api_url"] == server.addresses.prefect_api_url
    assert settings["default_ui"] == "v1"


def test_a_prefect_without_the_hook_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """When Prefect begins transactions in another way, the server does not start."""
    from prefect.server.database import configurations

    monkeypatch.delattr(configurations.AioSqliteConfiguration, "begin_sqlite_stmt")
    with pytest.raises(RuntimeError, match=r"constraints\.txt"):
        embedded.use_immediate_transactions()
