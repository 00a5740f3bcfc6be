"""Trying again: bounded, and never twice what may have happened."""

from __future__ import annotations

import httpx
import pytest

from api.jobs.patience import PatientTransport
from reels.errors import Unavailable

BASE = "http://prefect.test/api"


class Server:
    """Answers with each of `script` in turn: a status, or an error that is raised."""

    def __init__(self, *script: int | type[httpx.TransportError]) -> None:
        self.script = list(script)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, int):
            return httpx.Response(step)
        raise step("no", request=request)


def _client(server: Server, patience_s: float = 5.0) -> httpx.AsyncClient:
    transport = PatientTransport(httpx.MockTransport(server), patience_s)
    return httpx.AsyncClient(transport=transport, base_url=BASE)


@pytest.mark.parametrize("refusal", [503, 429, httpx.ConnectError])
async def test_a_refused_change_is_sent_again(
    refusal: int | type[httpx.TransportError],
) -> None:
    server = Server(refusal, refusal, 201)

    answer = await _client(server).post("/flow_runs/1/resume")

    assert (answer.status_code, server.asked) == (201, 3)


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(503)

    with pytest.raises(Unavailable, match="busy"):
        await _client(server, patience_s=1.0).get("/health")

    assert 2 <= server.asked <= 20


async def test_a_change_whose_answer_was_lost_is_not_sent_again() -> None:
    server = Server(httpx.ReadError, 201)

    with pytest.raises(Unavailable):
        await _client(server).post("/flow_runs/1/resume")

    assert server.asked == 1


@pytest.mark.parametrize("path", ["/flow_runs/filter", "/deployments/1/create_flow_run"])
async def test_a_read_and_a_creation_whose_answer_was_lost_are_sent_again(path: str) -> None:
    server = Server(httpx.ReadError, 200)

    assert (await _client(server).post(path)).status_code == 200


async def test_a_failing_server_is_unavailable_at_once() -> None:
    server = Server(500)

    with pytest.raises(Unavailable):
        await _client(server).post("/flow_runs/1/resume")

    assert server.asked == 1
