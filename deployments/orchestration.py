"""How long a job took, and how much of that was nobody's work: read from Prefect's API."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

Interval = tuple[float, float]
PAGE = 200
#: Task runs are recorded from events, a moment after they happen.
SETTLE_DEADLINE_S = 10.0


@dataclass(frozen=True)
class Times:
    """Seconds from POST to ready, and those of them in which no task was running."""

    total_s: float
    work_s: float

    @property
    def orchestration_s(self) -> float:
        return self.total_s - self.work_s


def measure(client: httpx.Client, job_id: str, began: float, ended: float) -> Times:
    """Times of a job, from the task runs of its flow run and of its children.

    `client` talks to Prefect's API; `began` and `ended` are epoch seconds. Children carry
    the tag `job:<id>`.
    """
    work = union(_intervals(client, job_id, began, ended))
    return Times(total_s=ended - began, work_s=sum(end - start for start, end in work))


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return merged


def _intervals(client: httpx.Client, job_id: str, began: float, ended: float) -> list[Interval]:
    """When tasks ran, cut to the job's own time; waits until all are recorded as ended."""
    deadline = time.monotonic() + SETTLE_DEADLINE_S
    while True:
        runs = _task_runs(client, [job_id, *_children(client, job_id)])
        open_runs = [run for run in runs if run["start_time"] and not run["end_time"]]
        if not open_runs or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    spans = [
        (max(_epoch(run["start_time"]), began), min(_epoch(run["end_time"]), ended))
        for run in runs
        if run["start_time"] and run["end_time"]
    ]
    return [(start, end) for start, end in spans if end > start]


def _children(client: httpx.Client, job_id: str) -> list[str]:
    body = {"flow_runs": {"tags": {"all_": [f"job:{job_id}"]}}, "limit": PAGE}
    return [run["id"] for run in _post(client, "/flow_runs/filter", body)]


def _task_runs(client: httpx.Client, flow_runs: list[str]) -> list[Any]:
    found: list[Any] = []
    while True:
        body = {
            "flow_runs": {"id": {"any_": flow_runs}},
            "limit": PAGE,
            "offset": len(found),
            "sort": "ID_DESC",
        }
        page = _post(client, "/task_runs/filter", body)
        found.extend(page)
        if len(page) < PAGE:
            return found


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> list[Any]:
    answer: list[Any] = client.post(path, json=body).raise_for_status().json()
    return answer


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
