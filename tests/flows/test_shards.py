"""A render that is spread over several runs, on the whole stack."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import Videos

pytestmark = pytest.mark.slow

SHARDS = 3


def _set_limit(videos: Videos, limit: int) -> None:
    body = {"concurrency_limit": limit}
    videos.prefect.patch("/work_pools/render", json=body).raise_for_status()


@pytest.fixture(scope="module")
def rendered(videos: Videos) -> dict[str, Any]:
    """The render run of a finished job: its parameters name the plan. It alone has a video."""
    _forget(videos)
    job = videos.post(auto_approve=True, transition="slide")
    videos.until(job, "ready")
    (run,) = videos.children(job)
    return {"plan": run["parameters"]["plan"], "job": job, "pool": run["deployment_id"]}


@pytest.fixture
def wide_pool(videos: Videos) -> Iterator[None]:
    pool = videos.prefect.get("/work_pools/render").json()
    _set_limit(videos, SHARDS)
    yield
    _set_limit(videos, pool["concurrency_limit"])


def _store(videos: Videos) -> Path:
    return videos.stack.layout.data_dir / "store" / "cache"


def _forget(videos: Videos) -> None:
    for kind in ("segment", "video"):
        shutil.rmtree(_store(videos) / kind, ignore_errors=True)


def _render(videos: Videos, rendered: dict[str, Any], shards: int) -> dict[str, Any]:
    """Render the plan again, from nothing; returns the run."""
    _forget(videos)
    body = {
        "parameters": {"plan": rendered["plan"], "shards": shards},
        "state": {"type": "SCHEDULED"},
        "tags": [f"shards:{shards}"],
    }
    path = f"/deployments/{rendered['pool']}/create_flow_run"
    run: str = videos.prefect.post(path, json=body).raise_for_status().json()["id"]
    ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    videos.wait(lambda: videos.run(run)["state_type"] in ended, "the render")
    assert videos.run(run)["state_type"] == "COMPLETED", videos.run(run)["state"]["message"]
    return videos.run(run)


def _videos_made(videos: Videos) -> set[bytes]:
    return {path.read_bytes() for path in (_store(videos) / "video").glob("*.mp4")}


def _helpers(videos: Videos, tag: str) -> list[dict[str, Any]]:
    body = {
        "flow_runs": {"tags": {"all_": [tag]}},
        "flows": {"name": {"any_": ["encode-segments"]}},
    }
    found: list[dict[str, Any]] = videos.prefect.post("/flow_runs/filter", json=body).json()
    return found


@pytest.mark.usefixtures("wide_pool")
def test_a_spread_render_gives_the_same_bytes(videos: Videos, rendered: dict[str, Any]) -> None:
    alone = _videos_made(videos)
    _render(videos, rendered, SHARDS)
    assert _videos_made(videos) == alone
    helpers = _helpers(videos, f"shards:{SHARDS}")
    assert len(helpers) == SHARDS - 1


def test_helpers_that_get_no_slot_are_called_off_and_missed_by_nobody(
    videos: Videos, rendered: dict[str, Any]
) -> None:
    alone = _videos_made(videos)
    _set_limit(videos, 1)
    _render(videos, rendered, SHARDS - 1)
    assert _videos_made(videos) == alone
    (helper,) = _helpers(videos, f"shards:{SHARDS - 1}")
    assert helper["state_type"] == "CANCELLED"
