"""What `make bench-load` counts beside requests."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Paused, Running, Suspended

from deployments.bench_load.__main__ import GOALS
from deployments.bench_load.costs import per_job, rows, size_mb
from deployments.bench_load.waiting import body_of, is_suspended, running_since
from deployments.bench_scenario.processes import family_size, server_memory_mb
from deployments.goals import kept


def test_rows_are_those_that_were_added_for_each_job(tmp_path: Path) -> None:
    names = ("flow_run_state", "task_run", "task_run_state", "artifact", "log", "events")
    database = tmp_path / "prefect.db"
    with closing(sqlite3.connect(database)) as held, held:
        for name in (*names, "event_resources"):
            held.execute(f"CREATE TABLE {name} (id INTEGER)")
    before = rows(database)
    with closing(sqlite3.connect(database)) as held, held:
        held.executemany("INSERT INTO log VALUES (?)", [(number,) for number in range(9)])
    added = per_job(before, rows(database), 3)
    assert added["log"] == 3
    assert added["events"] == added["artifact"] == 0


def test_what_is_stored_is_the_size_of_all_files_however_deep(tmp_path: Path) -> None:
    (tmp_path / "cache" / "speech").mkdir(parents=True)
    (tmp_path / "cache" / "speech" / "one.wav").write_bytes(b"0" * 1_500_000)
    (tmp_path / "final.mp4").write_bytes(b"0" * 500_000)
    assert size_mb(tmp_path) == 2.0


def test_a_job_that_is_held_does_not_count_as_one_that_waits_without_a_process() -> None:
    def run(state: State) -> FlowRun:
        return FlowRun(flow_id=uuid4(), state=state)

    assert is_suspended(run(Suspended()))
    assert not is_suspended(run(Paused()))
    assert not is_suspended(run(Running()))


def test_a_run_that_is_given_waits_with_the_same_key_and_form_as_the_one_that_was_started() -> None:
    pattern = FlowRun(flow_id=uuid4(), tags=["user:waiting"], parameters={"text": "Tea."})
    pattern.state = Suspended(timeout_seconds=60, pause_key="draft-1-1")
    pattern.empirical_policy.pause_keys = {"draft-1-1"}
    body = body_of(pattern)
    assert body["state"]["name"] == "Suspended"
    details = body["state"]["state_details"]
    assert details["pause_key"] == "draft-1-1"
    assert datetime.fromisoformat(details["pause_timeout"]) > datetime.now(UTC)
    assert body["empirical_policy"]["pause_keys"] == ["draft-1-1"]
    assert body["tags"] == ["user:waiting"]
    assert "id" not in body


def test_a_flow_runs_since_its_first_state_running_after_the_approval() -> None:
    now = datetime.now(UTC)
    ages = {-60: "Drafting", -2: "", 2: "Running", 3: "Assets"}
    states = [
        State(
            type=StateType.RUNNING if name else StateType.PAUSED,
            name=name or "Suspended",
            timestamp=now + timedelta(seconds=at_s),
        )
        for at_s, name in ages.items()
    ]
    assert running_since(states, now.timestamp()) == (now + timedelta(seconds=2)).timestamp()
    assert running_since(states[:2], now.timestamp()) is None


def test_a_process_alone_is_a_family_of_one_and_no_server() -> None:
    assert family_size(os.getpid()) >= 1
    assert server_memory_mb(os.getpid()) == 0


def test_a_lost_job_misses_the_goal_and_a_figure_without_a_bound_never_does() -> None:
    met = kept(GOALS, {"burst_lost": 1, "waiting_memory_mb": 99.9, "jobs_per_min_embedded": 0.1})
    assert met == {"burst_lost": False, "waiting_memory_mb": True, "jobs_per_min_embedded": True}
