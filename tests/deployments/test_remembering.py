"""Which events the embedded server writes down."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx

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
