"""The oracle of the multi-process set-up sees what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blocks.local_store import LocalStore
from deployments.scale.jobs import USER, bodies
from deployments.scale.oracle import faults_in_lists, faults_in_store
from reels.artifacts import job_prefix
from reels.manifest import Manifest, RenderEntry
from reels.models import Loudness, VideoRequest

JOB = "0f6f4f0e-5a0b-4f6e-9f51-0d7b3a6f2b11"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", public_url="http://api.test/", secret=b"a test's own")


def publish(store: LocalStore, final: bytes, promised: bytes) -> None:
    """A job whose final video is `final`, with `promised` in its manifest."""
    prefix = job_prefix(USER, JOB)
    reference = store.put(f"{prefix}/final.mp4", promised)
    manifest = Manifest(
        job_id=JOB,
        user_id=USER,
        title="A",
        language="en",
        aspect="1:1",
        storyboard_provider="outline",
        offline=True,
        music_provider="bed",
        scenes=(),
        stages=(),
        finished_at=datetime.now(UTC),
        artifacts={"final": reference},
        render=RenderEntry(
            frames=30,
            duration_s=1.0,
            size_px=(64, 64),
            fps=30,
            segments_total=1,
            segments_encoded=1,
            loudness=Loudness(integrated_lufs=-14, true_peak_dbtp=-1),
        ),
    )
    store.put(f"{prefix}/final.mp4", final)
    store.put(f"{prefix}/manifest.json", manifest.model_dump_json().encode())


def test_a_job_without_its_video_is_seen(store: LocalStore) -> None:
    assert faults_in_store(store, JOB) == ["0 final videos"]


def test_a_video_that_is_not_the_manifests_is_seen(store: LocalStore) -> None:
    publish(store, final=b"another", promised=b"this one")
    assert faults_in_store(store, JOB) == ["the final video is not the one in its manifest"]


def test_a_video_that_nothing_can_play_is_seen(store: LocalStore) -> None:
    publish(store, final=b"this one", promised=b"this one")
    [fault] = faults_in_store(store, JOB)
    assert "final" in fault


def listed(*jobs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"job_id": job, "status": status} for job, status in jobs]


def ran(*runs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"id": run, "state_type": state, "state_name": state.title()} for run, state in runs]


def test_jobs_that_are_lost_doubled_or_not_ready_are_seen() -> None:
    ready, done = ("a", "ready"), ("a", "COMPLETED")
    assert faults_in_lists(["a"], listed(ready), ran(done)) == []
    assert faults_in_lists(["a", "b"], listed(ready), ran(done, ("b", "COMPLETED"))) == [
        "2 jobs were accepted, and 1 are listed"
    ]
    assert faults_in_lists(["a"], listed(ready), ran(done, ("b", "COMPLETED"))) == [
        "1 jobs were accepted, and 2 runs were made for them"
    ]
    assert faults_in_lists(["a"], listed(("a", "failed")), ran(("a", "FAILED"))) == [
        "job a is failed",
        "the run of job a is Failed",
    ]


def test_no_two_requests_are_alike_and_all_are_valid() -> None:
    """The first waits for people, and both languages and the gpu pool have something to do."""
    asked = bodies(7)
    requests = [VideoRequest.model_validate(body) for body in asked]
    assert len({request.text for request in requests}) == 7
    assert {request.language for request in requests} == {"en", "ru"}
    assert [body["auto_approve"] for body in asked] == [False] + [True] * 6
    assert 0 < sum(body.get("words") == "align" for body in asked) < 7
