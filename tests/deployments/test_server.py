from __future__ import annotations

import asyncio
import contextvars
from collections import Counter

import httpx
import pytest

from deployments import sqlite
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
def test_a_schedule_makes_runs(server: EmbeddedServer) -> None:
    """Of a deployment with a schedule the server makes the coming runs."""
    flow_id = server.client.post("/flows/", json={"name": "nightly"}).json()["id"]
    schedule = {"schedule": {"cron": "30 3 * * *"}, "active": True}
    body = {"name": "nightly", "flow_id": flow_id, "schedules": [schedule]}
    deployment = server.client.post("/deployments/", json=body).raise_for_status().json()["id"]
    server.client.post(f"/deployments/{deployment}/schedule", json={}).raise_for_status()
    wanted = {"flows": {"id": {"any_": [flow_id]}}}
    runs = server.client.post("/flow_runs/filter", json=wanted).raise_for_status().json()
    assert runs
    assert {run["state_type"] for run in runs} == {"SCHEDULED"}


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
        sqlite.use_immediate_transactions()


def test_a_prefect_whose_transactions_cannot_be_wrapped_is_refused_loudly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When Prefect has no such method, nobody would wait in turn."""
    from prefect.server.database import configurations

    monkeypatch.delattr(configurations.AioSqliteConfiguration, "begin_transaction")
    monkeypatch.delattr(configurations.BaseDatabaseConfiguration, "begin_transaction")
    with pytest.raises(RuntimeError, match=r"constraints\.txt"):
        sqlite.take_turns()


async def test_turns_are_taken_in_the_order_in_which_they_were_asked_for() -> None:
    """Twenty that wait come one at a time, the first one first."""
    order: list[int] = []
    inside = 0

    async def take(number: int) -> None:
        nonlocal inside
        async with sqlite.turn():
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(take(number) for number in range(20)))
    assert order == list(range(20))


async def test_who_has_the_turn_does_not_wait_for_itself() -> None:
    """Neither within it nor in the tasks that it starts; afterwards it waits again."""

    async def again() -> str:
        async with sqlite.turn():
            return "done"

    async with asyncio.timeout(5), sqlite.turn():
        assert await again() == "done"
        assert await asyncio.create_task(again()) == "done"
    async with sqlite.turn():
        waiting = asyncio.create_task(again(), context=contextvars.Context())
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting == "done"


async def test_a_turn_that_fails_is_given_on() -> None:
    """An error inside ends the turn."""
    with pytest.raises(ValueError, match="inside"):
        async with sqlite.turn():
            raise ValueError("inside")
    async with asyncio.timeout(5), sqlite.turn():
        pass
