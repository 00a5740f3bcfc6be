from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from deployments.orchestration import measure, union


def test_overlapping_work_counts_once() -> None:
    """Tasks side by side are one stretch of work; gaps stay gaps; nothing counts as less."""
    assert union([(4, 5), (0, 2), (1, 3), (3, 3.5), (9, 9)]) == [(0, 3.5), (4, 5)]


def _run(start: float | None, end: float | None) -> dict[str, Any]:
    def stamp(seconds: float | None) -> str | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()

    return {"id": "t", "start_time": stamp(start), "end_time": stamp(end)}


def test_orchestration_is_the_time_in_which_no_task_ran() -> None:
    """Tasks of the job and of its children count, cut to the job's own time."""
    tasks = [_run(98, 103), _run(102, 104), _run(106, 109), _run(None, None)]

    def answer(request: httpx.Request) -> httpx.Response:
        is_tasks = request.url.path.endswith("/task_runs/filter")
        return httpx.Response(200, json=tasks if is_tasks else [{"id": "child"}])

    client = httpx.Client(base_url="http://prefect/api", transport=httpx.MockTransport(answer))
    times = measure(client, "job", 100.0, 110.0)
    assert times.total_s == 10
    assert times.work_s == pytest.approx(7)
    assert times.orchestration_s == pytest.approx(3)
