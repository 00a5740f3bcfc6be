"""Which events Prefect's servers write down."""

from __future__ import annotations

import sys
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deployments import server_services

DEADLINE_S = 60


def test_what_task_runs_emit_is_not_written_down_and_all_else_is(
    prefect_server: dict[str, str],
) -> None:
    names = ["prefect.task-run.Running", "reelwright.remembering"]
    resource = f"reelwright.test.{uuid4()}"
    with httpx.Client(base_url=prefect_server["PREFECT_API_URL"], trust_env=False) as client:
        events = [_event(name, resource) for name in names]
        client.post("/events", json=events).raise_for_status()
        kept: list[str] = []
        until = time.monotonic() + DEADLINE_S
        while not kept and time.monotonic() < until:
            time.sleep(0.2)
            wanted = {"filter": {"resource": {"id": [resource]}}}
            found = client.post("/events/filter", json=wanted).raise_for_status().json()
            kept = [event["event"] for event in found["events"]]
    # Both came at once, and are written down together.
    assert kept == names[1:]


def _event(name: str, resource: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "occurred": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "event": name,
        "resource": {"prefect.resource.id": resource},
    }


def test_the_services_of_several_servers_leave_out_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are started as Prefect starts them, with what writes events already exchanged."""
    from prefect import cli
    from prefect.server.events.services import event_persister

    monkeypatch.setattr(event_persister, "write_events", event_persister.write_events)
    began: list[tuple[list[str], str]] = []

    def run() -> None:
        began.append((sys.argv, event_persister.write_events.__module__))

    monkeypatch.setattr(cli, "app", run)
    monkeypatch.setattr(sys, "argv", ["here"])
    server_services.main()
    assert began == [(["prefect", "server", "services", "start"], "deployments.remembering")]
