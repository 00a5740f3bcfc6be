"""What a usual job costs when nothing of it has been made before: CPU by stage, and bytes."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from deployments.bench_load.jobs import Desk, post
from deployments.bench_scenario.processes import cpu_s
from reels.artifacts import job_prefix
from reels.errors import Unavailable

#: A video of half a minute, which is packaged for players, too.
USUAL: Final[dict[str, Any]] = {
    "idea": "How tea came to Europe",
    "language": "en",
    "duration_s": 30,
    "auto_approve": True,
    "hls": True,
}
_EVERY_S: Final = 0.2
_ENDED: Final = ("ready", "failed", "cancelled")
_TABLES: Final = (
    "flow_run_state",
    "task_run",
    "task_run_state",
    "artifact",
    "log",
    "events",
    "event_resources",
)


async def usual_job(desk: Desk, supervisor: int, store: Path, deadline_s: float) -> dict[str, Any]:
    """Seconds of CPU in each stage, of all processes but Prefect's server and of the server; and
    the MB in the store, of the job itself and of what others may share.

    Whatever uses the CPU while the job is in a stage is counted as the stage's own, so there
    must be no other job.

    Raises:
        Unavailable: it was refused, or is not ready in time.
    """
    stored, began = size_mb(store), time.monotonic()
    posted = await post(desk, USUAL, 1, 1)
    if not posted.jobs:
        raise Unavailable("The job whose stages are to be measured was refused.")
    job, stage, used = posted.jobs[0], "", cpu_s(supervisor)
    stages: dict[str, float] = defaultdict(float)
    server_s = 0.0
    while stage not in _ENDED:
        if time.monotonic() > began + deadline_s:
            raise Unavailable(f"The first job is still in {stage} after {deadline_s:.0f} s.")
        await asyncio.sleep(_EVERY_S)
        now = cpu_s(supervisor)
        stages[stage or "queued"] += now["ours"] - used["ours"]
        server_s += now["server"] - used["server"]
        used = now
        stage = (await desk.api.get(f"/videos/{job}")).raise_for_status().json()["status"]
    if stage != "ready":
        raise Unavailable(f"The job whose stages are to be measured ended as {stage}.")
    own_mb = size_mb(store / job_prefix(desk.user, job))
    return {
        "cpu_s_by_stage": {name: round(seconds, 2) for name, seconds in stages.items()},
        "cpu_s_server": round(server_s, 2),
        "took_s": round(time.monotonic() - began, 1),
        "stored_mb_job": round(own_mb, 2),
        "stored_mb_cache": round(size_mb(store) - stored - own_mb, 2),
    }


def size_mb(folder: Path) -> float:
    """What the files below a folder hold, in MB of a million bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def rows(database: Path) -> dict[str, int]:
    """How many rows Prefect's database has of what jobs leave there, by table; `bytes`, too."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as held:
        # The names are our own.
        counts = {name: f"SELECT count(*) FROM {name}" for name in _TABLES}
        found = {name: int(held.execute(sql).fetchone()[0]) for name, sql in counts.items()}
        pages, size = (
            held.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
    return found | {"bytes": pages * size}


def per_job(before: dict[str, int], after: dict[str, int], jobs: int) -> dict[str, float]:
    """The rows that each of the jobs made between the two has left."""
    return {name: round((after[name] - before[name]) / jobs, 1) for name in after}
