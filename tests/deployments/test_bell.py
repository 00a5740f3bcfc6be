"""Who schedules a run rings, and whoever listens hears it once."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.bell import Bell, Message, Receive, Send, bell_of, ringing, uncompressed

RUN = "/api/flow_runs/4f8c8a3e-5f0e-4f6d-9d2e-0d3c1f1f7a11"
SCHEDULED = {"state": {"type": "SCHEDULED"}}


def test_each_who_listens_hears_what_was_rung_since_it_last_did(tmp_path: Path) -> None:
    ringer, one, other = (Bell(tmp_path / "bell") for _ in range(3))
    assert not one.rang()
    ringer.ring()
    assert one.rang()
    assert one.rang()
    one.hear()
    assert not one.rang()
    assert other.rang()
    ringer.ring()
    assert one.rang()


def test_a_bell_that_cannot_be_rung_keeps_nobody_up(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "gone" / "bell")
    bell.ring()
    assert not bell.rang()


def test_without_a_name_there_is_no_bell(tmp_path: Path) -> None:
    assert bell_of({}) is None
    named = bell_of({"REELWRIGHT_BELL": str(tmp_path / "bell")})
    assert named is not None
    named.ring()
    assert (tmp_path / "bell").exists()


@pytest.mark.parametrize(
    ("path", "answer", "rings"),
    [
        (RUN.replace("flow_runs", "deployments") + "/create_flow_run", SCHEDULED, True),
        ("/api/flow_runs/", SCHEDULED, True),
        (f"{RUN}/resume", SCHEDULED, True),
        (f"{RUN}/set_state", SCHEDULED, True),
        (f"{RUN}/set_state", {"state": {"type": "RUNNING"}}, False),
        ("/api/flow_runs/filter", SCHEDULED, False),
        ("/api/work_pools/render/get_scheduled_flow_runs", SCHEDULED, False),
    ],
)
async def test_it_is_rung_when_a_run_was_scheduled(path: str, answer: object, rings: bool) -> None:
    rung: list[str] = []

    async def prefect(scope: Message, receive: Receive, send: Send) -> None:
        await JSONResponse(answer)(scope, receive, send)

    app = ringing(prefect, lambda: rung.append(path))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://prefect") as client:
        assert (await client.post(path)).json() == answer
    assert bool(rung) == rings


async def test_nobody_on_the_same_machine_is_sent_what_is_compressed() -> None:
    async def tells(scope: Message, receive: Receive, send: Send) -> None:
        asked = Request(scope).headers.get("accept-encoding", "nothing")
        await Response(asked)(scope, receive, send)

    transport = httpx.ASGITransport(uncompressed(tells))
    async with httpx.AsyncClient(transport=transport, base_url="http://prefect") as client:
        assert (await client.get("/")).text == "nothing"


def test_the_embedded_server_rings_for_what_it_schedules(
    prefect_server: dict[str, str],
) -> None:
    with httpx.Client(base_url=prefect_server["PREFECT_API_URL"], trust_env=False) as client:
        bell = bell_of(prefect_server)
        assert bell is not None
        flow = client.post("/flows/", json={"name": "belled"}).raise_for_status().json()
        bell.hear()
        client.post("/flow_runs/filter", json={}).raise_for_status()
        assert not bell.rang()
        made = client.post(
            "/flow_runs/", json={"flow_id": flow["id"], "state": {"type": "SCHEDULED"}}
        )
        made.raise_for_status()
        assert bell.rang()
        assert "content-encoding" not in made.headers
