"""What a run's state history says of the changes of a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType

from api.jobs.owning import owner_of
from blocks.local_store import LocalStore
from deployments.status.changes import changes_of
from deployments.status.cursor import FILE, Cursor
from deployments.status.links import linker
from reels.artifacts import ArtifactStore
from reels.errors import Unavailable

START = datetime(2026, 1, 1, tzinfo=UTC)
T = StateType


def states(*kinds: tuple[StateType, str] | tuple[StateType, str, str]) -> list[State[Any]]:
    return [
        State(
            type=kind,
            name=name,
            message=message[0] if message else None,
            timestamp=START + timedelta(seconds=at),
        )
        for at, (kind, name, *message) in enumerate(kinds)
    ]


def run_with(history: Sequence[State[Any]], **more: Any) -> FlowRun:
    return FlowRun(
        **{
            "id": uuid4(),
            "flow_id": uuid4(),
            "name": "a video",
            "state": history[-1],
            "created": START,
            "tags": ["user:ann", "reelwright"],
            **more,
        }
    )


def told(history: Sequence[State[Any]], **more: Any) -> list[tuple[str, str | None, str | None]]:
    run = run_with(history, **more)
    changes = changes_of(run, list(reversed(history)), lambda user, job: f"{user}/v.mp4")
    assert [each.changed_at for each in changes] == sorted(each.changed_at for each in changes)
    return [(each.status, each.video_url, each.error_message) for each in changes]


def test_a_whole_life_is_told_stage_by_stage() -> None:
    history = states(
        (T.SCHEDULED, "Scheduled"),
        (T.PENDING, "Pending"),
        (T.RUNNING, "Running"),
        (T.RUNNING, "Drafting"),
        (T.RUNNING, "DraftReview"),
        (T.PAUSED, "Paused"),
        (T.PAUSED, "Suspended"),
        (T.SCHEDULED, "Resuming"),
        (T.RUNNING, "Running"),
        (T.RUNNING, "Rendering"),
        (T.COMPLETED, "Completed"),
    )
    assert told(history) == [
        ("queued", None, None),
        ("drafting", None, None),
        ("draft_review", None, None),
        ("rendering", None, None),
        ("ready", "ann/v.mp4", None),
    ]


def test_a_failure_has_its_reason_and_a_retry_goes_on_from_there() -> None:
    history = states(
        (T.RUNNING, "Assets"),
        (T.FAILED, "Failed", "Flow run encountered an exception: ValueError: No picture."),
        (T.SCHEDULED, "AwaitingRetry"),
        (T.RUNNING, "Running"),
        (T.RUNNING, "Audio"),
        (T.CANCELLING, "Cancelling"),
        (T.CANCELLED, "Cancelled", "A person did it."),
    )
    assert told(history) == [
        ("assets", None, None),
        ("failed", None, "No picture."),
        ("assets", None, None),
        ("audio", None, None),
        ("cancelling", None, None),
        ("cancelled", None, "A person did it."),
    ]


def test_the_same_history_gives_the_same_ids_whenever_it_is_read() -> None:
    history = states((T.SCHEDULED, "Scheduled"), (T.RUNNING, "Drafting"), (T.FAILED, "Failed"))
    early, late = run_with(history[:2]), run_with(history)
    first = changes_of(early, history[:2], lambda *_: None)
    assert [each.id for each in changes_of(late, history, lambda *_: None)][:2] == [
        each.id for each in first
    ]
    assert [each.id for each in first] == [state.id for state in history[:2]]


@pytest.mark.parametrize(
    ("more", "user"),
    [
        ({"tags": ["user:ann"], "parameters": {"user_id": "bob"}}, "ann"),
        ({"tags": ["video"], "parameters": {"user_id": "bob"}}, "bob"),
        ({"tags": ["video"], "parameters": {}}, "ops"),
    ],
)
def test_a_job_is_its_users_or_opss(more: dict[str, Any], user: str) -> None:
    assert owner_of(run_with(states((T.RUNNING, "Drafting")), **more)) == user


JOB = UUID("00000000-0000-0000-0000-000000000001")


def test_a_video_has_a_public_address_when_its_base_is_set() -> None:
    link = linker("https://media.example/object/public/videos/", lambda: pytest.fail("no store"))
    base = "https://media.example/object/public/videos/videos"
    assert link("ann@example", JOB) == f"{base}/ann%40example/{JOB}/final.mp4"


def test_else_the_stores_link_that_lives_longest(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, public_url="http://api.test", secret=b"x" * 32)
    address = linker("", lambda: store)("ann", JOB)
    assert address is not None
    assert address.startswith(f"http://api.test/artifacts/videos/ann/{JOB}/final.mp4?expires=")


def test_without_a_store_a_change_is_told_without_an_address() -> None:
    def refuse() -> ArtifactStore:
        raise Unavailable("Prefect does not answer.")

    assert linker("", refuse)("ann", JOB) is None


def test_how_far_sinks_are_outlives_the_process_and_a_torn_file(tmp_path: Path) -> None:
    Cursor(tmp_path / "data").write({"postgres": START})
    Cursor(tmp_path / "data").write({"webhook": START + timedelta(seconds=1)})
    assert Cursor(tmp_path / "data").read() == {
        "postgres": START,
        "webhook": START + timedelta(seconds=1),
    }
    for torn in ("", "{", "[]", '{"postgres": 3}', '{"postgres": "yesterday"}'):
        (tmp_path / "data" / FILE).write_text(torn)
        assert Cursor(tmp_path / "data").read() == {}
