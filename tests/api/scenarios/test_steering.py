"""Scenarios are cancelled and retried, by those who may."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType

from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.settings import AuthSettings
from tests.api.conftest import client_of
from tests.api.scenarios.conftest import Theatre


def _path(made: dict[str, Any], action: str = "") -> str:
    return f"/scenarios/{made['scenario_id']}{action}"


@pytest.mark.parametrize("state", ["queued", "running", "waiting"])
async def test_a_scenario_is_cancelled_in_whatever_state_it_is(
    state: str, theatre: Theatre
) -> None:
    made = await theatre.made()
    if state != "queued":
        await theatre.run(made)
    if state == "waiting":
        await theatre.suspend(made)
    assert (await theatre.get(_path(made)))["status"] == state

    answer = await theatre.post(_path(made, ":cancel"))

    assert answer.status_code == 202
    assert answer.json()["status"] == ("cancelling" if state == "running" else "cancelled")


async def test_what_has_ended_cannot_be_cancelled_and_what_has_not_failed_not_retried(
    theatre: Theatre,
) -> None:
    made = await theatre.made()
    assert (await theatre.post(_path(made, ":retry"))).status_code == 409
    await theatre.run(made)
    await theatre.set(made, StateType.COMPLETED)
    assert (await theatre.post(_path(made, ":cancel"))).status_code == 409
    assert (await theatre.post(_path(made, ":retry"))).status_code == 409


async def test_of_ten_retries_at_once_one_is_accepted_with_its_budget(theatre: Theatre) -> None:
    made = await theatre.made(budget_usd=1)
    await theatre.run(made)
    await theatre.set(made, StateType.FAILED)

    answers = await asyncio.gather(
        *(theatre.post(_path(made, ":retry"), budget_usd=2.5) for _ in range(10))
    )

    assert sorted(each.status_code for each in answers) == [202, *[409] * 9]
    run = await theatre.prefect.read_flow_run(UUID(made["job_id"]))
    assert run.parameters["budget_usd"] == 2.5
    assert (await theatre.get(_path(made)))["status"] == "queued"


async def test_of_a_cancellation_and_an_end_at_once_the_scenario_is_cancelled_in_any_case(
    theatre: Theatre,
) -> None:
    made, (first, _) = await theatre.offered()
    await theatre.post(f"/tasks/{first}:claim")
    await theatre.suspend(made)

    cancelled, ended = await asyncio.gather(
        theatre.post(_path(made, ":cancel")), theatre.patch(first, "success")
    )

    assert cancelled.status_code == 202
    assert ended.status_code in (200, 409)
    assert (await theatre.get(_path(made)))["status"] in ("cancelling", "cancelled")


async def test_editors_see_everybodys_scenarios_and_ops_steer_them(
    gateway: PrefectGateway, store: LocalStore, prefect: PrefectClient, theatre: Theatre
) -> None:
    made, (first, second) = await theatre.offered()
    auth = AuthSettings(auth="gateway", gateway_secret="s" * 40)
    async with client_of(gateway, store, auth=auth) as api:

        async def ask(role: str, method: str, path: str, **more: Any) -> httpx.Response:
            headers = {"X-User-ID": "eve", "X-User-Role": role, "X-Gateway-Secret": "s" * 40}
            return await api.request(method, path, headers=headers, **more)

        list_path = f"/scenarios?user_id={theatre.user}"
        assert (await ask("user", "GET", _path(made))).status_code == 404
        assert (await ask("user", "GET", list_path)).status_code == 403
        assert (await ask("editor", "GET", _path(made))).status_code == 200
        assert len((await ask("editor", "GET", list_path)).json()["scenarios"]) == 1
        for path in (_path(made, ":cancel"), _path(made, ":retry"), f"/tasks/{first}:claim"):
            refused = await ask("editor", "POST", path)
            assert refused.status_code == 403
            assert "scenario" in refused.json()["detail"]
        body = {"status": "processing"}
        assert (
            await ask("editor", "PATCH", f"/tasks/{first}/status", json=body)
        ).status_code == 403
        assert (await ask("ops", "PATCH", f"/tasks/{second}/status", json=body)).status_code == 200
        assert (await ask("ops", "POST", _path(made, ":cancel"))).status_code == 202


async def test_nothing_is_known_of_a_scenario_whose_run_is_gone(theatre: Theatre) -> None:
    made = await theatre.made()
    await theatre.get(_path(made))
    await theatre.prefect.delete_flow_run(UUID(made["job_id"]))
    answer = await theatre.api.get(_path(made), headers=theatre.headers)
    assert answer.status_code == 404


async def test_a_run_from_prefect_is_a_scenario_as_soon_as_its_graph_is_told(
    theatre: Theatre,
) -> None:
    deployment = await theatre.prefect.read_deployment_by_name("run-scenario/default")
    await theatre.prefect.create_flow_run_from_deployment(
        deployment.id, tags=[f"user:{theatre.user}"], idempotency_key=uuid4().hex
    )
    assert (await theatre.get("/scenarios"))["scenarios"] == []
