"""Batches on the stack: every video is a job of its user's, made once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reels.probe import probe
from tests.flows.conftest import SHORT, Videos

pytestmark = pytest.mark.slow

QUICK = {"aspect": "1:1", "auto_approve": True, "captions": "none", "music": "none"}


def run_batch(videos: Videos, **parameters: Any) -> str:
    """Start a batch of the driver's user as ops do; its run."""
    deployment = videos.prefect.get("/deployments/name/make-batch/default").json()["id"]
    body = {"parameters": {"user_id": videos.user, **parameters}}
    answer = videos.prefect.post(f"/deployments/{deployment}/create_flow_run", json=body)
    return str(answer.raise_for_status().json()["id"])


def ended(videos: Videos, batch: str) -> dict[str, Any]:
    """The batch's run once it is over."""
    over = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

    def look() -> dict[str, Any] | None:
        run = videos.run(batch)
        return run if run["state_type"] in over else None

    found: dict[str, Any] = videos.wait(look, f"batch {batch} to end")
    return found


def jobs_of(videos: Videos, name: str) -> list[dict[str, Any]]:
    body = {"flow_runs": {"tags": {"all_": [f"batch:{name}"]}}}
    found: list[dict[str, Any]] = videos.prefect.post("/flow_runs/filter", json=body).json()
    return found


def report_of(videos: Videos, batch: str) -> dict[str, Any]:
    path = videos.stack.layout.data_dir / "store" / "videos" / videos.user / batch / "report.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def table_of(videos: Videos, batch: str) -> list[dict[str, Any]]:
    found = videos.prefect.get(f"/artifacts/batch-{batch}/latest").json()
    rows: list[dict[str, Any]] = json.loads(found["data"])
    return rows


def test_a_batch_makes_its_users_jobs_one_at_a_time_and_tells_of_each(videos: Videos) -> None:
    batch = run_batch(
        videos,
        name="first",
        ideas=[{"text": SHORT["text"]}, {"text": SHORT["text"], "background_folder": "nothing"}],
        topics=["Why cats purr"],
        variants=[{"idea": "{topic}", "auto_approve": ["subtitles"]}],
        common=QUICK,
        at_once=1,
    )
    assert ended(videos, batch)["state_type"] == "COMPLETED"
    report = report_of(videos, batch)
    assert [each["status"] for each in report["videos"]] == ["ready", "ready", "waits for a person"]
    listed = {job["job_id"] for job in videos.api.get("/videos").json()["videos"]}
    assert {each["job_id"] for each in report["videos"]} <= listed
    film = videos.api.get(report["videos"][0]["link"]).raise_for_status()
    path = videos.stack.layout.data_dir / "film.mp4"
    path.write_bytes(film.content)
    video = probe(path).video
    assert video is not None
    assert video.size_px == (1080, 1080)
    assert [row["status"] for row in table_of(videos, batch)] == [
        "ready",
        "ready",
        "waits for a person",
    ]

    first, second, third = sorted(jobs_of(videos, "first"), key=lambda run: run["created"])
    assert first["end_time"] <= second["created"]
    assert second["end_time"] <= third["created"]

    again = run_batch(videos, name="first", ideas=[{"text": SHORT["text"]}], common=QUICK)
    assert ended(videos, again)["state_type"] == "COMPLETED"
    assert report_of(videos, again)["videos"][0]["job_id"] == report["videos"][0]["job_id"]
    assert len(jobs_of(videos, "first")) == 3


def test_one_wrong_video_makes_none(videos: Videos) -> None:
    batch = run_batch(videos, name="wrong", ideas=["Why tea?", {"idea": "x", "duration_s": 1}])
    run = ended(videos, batch)
    assert run["state_type"] == "FAILED"
    assert "Video 2: duration_s" in run["state"]["message"]
    assert jobs_of(videos, "wrong") == []
