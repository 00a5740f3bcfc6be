"""The work of a job is counted when it ends; of a job that was retried only what is new."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType

from api.metering.ends import End, count, last_end
from api.metrics import REGISTRY
from blocks.local_store import LocalStore
from reels.artifacts import job_prefix
from reels.cloud.charges import CHARGES, Charge
from reels.stages import RECOVERED_STATE

START = datetime(2026, 1, 1, tzinfo=UTC)
JOB = UUID("6f1c1f0e-2222-4000-8000-000000000000")


def at(second: float, kind: StateType, name: str | None = None) -> State[Any]:
    return State(type=kind, name=name, timestamp=START + timedelta(seconds=second))


FIRST = [
    at(0, StateType.SCHEDULED),
    at(1, StateType.RUNNING),
    at(2, StateType.RUNNING, "Drafting"),
    at(5, StateType.RUNNING, "DraftReview"),
    at(5.1, StateType.PAUSED),
    at(105, StateType.RUNNING),
    at(106, StateType.RUNNING, "Assets"),
    at(110, StateType.FAILED),
]
AGAIN = [
    at(200, StateType.SCHEDULED, "AwaitingRetry"),
    at(201, StateType.RUNNING),
    at(202, StateType.RUNNING, "Assets"),
    at(209, StateType.COMPLETED),
]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", public_url="http://videos.test", secret=b"s" * 32)


class Counts:
    """How much each sample has grown since this was made."""

    def __init__(self) -> None:
        self._before = self._now()

    def __call__(self, name: str, **labels: str) -> float:
        key = name, frozenset(labels.items())
        return self._now().get(key, 0.0) - self._before.get(key, 0.0)

    @staticmethod
    def _now() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
        }


def end_of(history: list[State[Any]]) -> End:
    found = last_end(history)
    assert found is not None
    states, since = found
    run = FlowRun(id=JOB, flow_id=uuid4(), name="A name")
    return End(run, "ada", "video", states, since, tasks=(), children=())


def charge(store: LocalStore, second: float, *, succeeded: bool = True) -> None:
    made = Charge(
        service="gemini",
        model="m",
        operation="picture",
        units={},
        cost_usd=0.25,
        at=START + timedelta(seconds=second),
        succeeded=succeeded,
    )
    key = f"{job_prefix('ada', str(JOB))}/{CHARGES}/{uuid4().hex}.json"
    store.put(key, made.model_dump_json().encode())


def stage_s(counts: Counts, stage: str) -> tuple[float, float]:
    name = "reelwright_stage_duration_seconds"
    return counts(f"{name}_count", stage=stage), counts(f"{name}_sum", stage=stage)


def test_a_job_that_goes_on_has_no_end() -> None:
    assert last_end(FIRST[:-1]) is None
    assert last_end([*FIRST, *AGAIN[:2]]) is None
    assert last_end([]) is None


def test_a_failure_counts_its_stages_and_what_was_paid(store: LocalStore) -> None:
    """The time for which a person was awaited is the review's."""
    charge(store, 108)
    charge(store, 109, succeeded=False)
    counts = Counts()
    count(end_of(list(reversed(FIRST))), store)
    assert counts("reelwright_jobs_ended_total", flow="video", status="failed") == 1
    assert stage_s(counts, "drafting") == (1, pytest.approx(3))
    assert stage_s(counts, "draft_review") == (1, pytest.approx(101))
    assert stage_s(counts, "assets") == (1, pytest.approx(4))
    calls = {"service": "gemini", "operation": "picture"}
    assert counts("reelwright_provider_calls_total", **calls, outcome="succeeded") == 1
    assert counts("reelwright_provider_calls_total", **calls, outcome="failed") == 1
    assert counts("reelwright_provider_cost_dollars_total", **calls) == 0.5


def test_how_often_a_job_was_begun_again_is_told_at_its_end(store: LocalStore) -> None:
    again = [at(107, StateType.SCHEDULED, RECOVERED_STATE), at(108, StateType.RUNNING, "Assets")]
    counts = Counts()
    count(end_of([*FIRST, *again]), store)
    assert counts("reelwright_recoveries_total", flow="video") == 1


def test_after_a_retry_only_what_is_new_counts(store: LocalStore) -> None:
    """Though the manifest has the costs of both attempts."""
    charge(store, 108)
    charge(store, 205)
    cost = {"service": "gemini", "operation": "picture", "calls": 2, "failed": 0, "cost_usd": 0.5}
    render = {"duration_s": 8.0, "segments_total": 5, "segments_encoded": 2}
    manifest = {"costs": [cost], "render": render, "degraded": ["scene 1: no picture"]}
    prefix = job_prefix("ada", str(JOB))
    store.put(f"{prefix}/manifest.json", json.dumps(manifest).encode())
    counts = Counts()
    count(end_of([*FIRST, *AGAIN]), store)
    assert counts("reelwright_jobs_ended_total", flow="video", status="ready") == 1
    assert stage_s(counts, "drafting") == (0, 0)
    assert stage_s(counts, "assets") == (1, pytest.approx(7))
    cost_usd = counts(
        "reelwright_provider_cost_dollars_total", service="gemini", operation="picture"
    )
    assert cost_usd == 0.25
    assert counts("reelwright_segments_total", result="encoded") == 2
    assert counts("reelwright_segments_total", result="reused") == 3
    assert counts("reelwright_video_seconds_total") == 8
    assert counts("reelwright_jobs_degraded_total", flow="video") == 1


def test_a_manifest_that_is_gone_or_broken_keeps_nothing_from_being_counted(
    store: LocalStore,
) -> None:
    ready = [*FIRST[:-1], at(111, StateType.COMPLETED)]
    counts = Counts()
    count(end_of(ready), store)
    store.put(f"{job_prefix('ada', str(JOB))}/manifest.json", b"[1, 2")
    count(end_of(ready), store)
    assert counts("reelwright_jobs_ended_total", flow="video", status="ready") == 2


def test_of_a_manifest_that_tells_no_calls_the_charges_are_counted(store: LocalStore) -> None:
    """A scenario's tells one sum only."""
    charge(store, 108)
    store.put(f"{job_prefix('ada', str(JOB))}/manifest.json", b'{"cost_usd": 0.25}')
    counts = Counts()
    count(end_of([*FIRST[:-1], at(111, StateType.COMPLETED)]), store)
    calls = {"service": "gemini", "operation": "picture"}
    assert counts("reelwright_provider_cost_dollars_total", **calls) == 0.25
