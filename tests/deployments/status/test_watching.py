"""The watcher beside a real Prefect, a real Postgres and a receiver of webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deployments.status.cursor import FILE
from reels.sinks.postgres import PostgresSink
from tests.deployments.conftest import EmbeddedServer, Processes, until
from tests.postgres_kit import PASSWORD, Postgres, running_postgres

pytestmark = pytest.mark.slow

STAGES = ["Drafting", "Assets", "Audio", "Subtitles", "Rendering"]
WORDS = ["queued", "drafting", "assets", "audio", "subtitles", "rendering", "ready"]
#: Every row that was ever in the table, in the order in which it was written.
AUDIT = """
create table audit (number serial, id uuid, status text, updated_at timestamptz);
create function audited() returns trigger language plpgsql as $$ begin
    insert into audit (id, status, updated_at) values (new.id, new.status, new.updated_at);
    return null;
end $$;
create trigger audited after insert or update on videos for each row execute function audited()
"""


@dataclass
class Jobs:
    """Jobs that only Prefect's server knows: their states are set as their flows would."""

    server: EmbeddedServer
    flow: str = "make-video"

    def start(self, **more: Any) -> str:
        client = self.server.client
        flow = client.post("/flows/", json={"name": self.flow}).raise_for_status().json()["id"]
        body = {"flow_id": flow, "tags": ["reelwright", "user:ada"], "parameters": {}, **more}
        body["state"] = {"type": "SCHEDULED", "name": "Scheduled"}
        return str(client.post("/flow_runs/", json=body).raise_for_status().json()["id"])

    def enter(self, job: str, kind: str, name: str, message: str = "") -> None:
        state = {"type": kind, "name": name, "message": message}
        self.server.client.post(
            f"/flow_runs/{job}/set_state", json={"state": state, "force": True}
        ).raise_for_status()

    def stages(self, job: str, *names: str) -> None:
        for name in names:
            self.enter(job, "RUNNING", name)

    def finish(self, job: str) -> None:
        self.enter(job, "COMPLETED", "Completed")


@dataclass
class Receiver:
    url: str = ""
    came: list[dict[str, Any]] = field(default_factory=list)

    def of(self, job: str) -> list[str]:
        """The statuses of a job, each where it came first."""
        return list(dict.fromkeys(e["status"] for e in self.came if e["job_id"] == job))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.came.append({**body["data"], "id": self.headers["webhook-id"]})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        state.url = f"http://127.0.0.1:{server.server_port}/token-of-ops"
        yield state
        server.shutdown()


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@dataclass
class Bench:
    jobs: Jobs
    postgres: Postgres
    receiver: Receiver
    processes: Processes
    data: Path
    number: int = 0

    def watch(self) -> Any:
        """A new watcher process."""
        self.number += 1
        return self.processes.python(f"status-{self.number}", "-m", "deployments.status")

    def logs(self) -> str:
        return "".join(log.read_text() for log in sorted(self.processes.logs.glob("status-*.log")))

    def rows(self) -> dict[str, str]:
        """By id, of every job, those of earlier tests too: a watcher looks back a little."""
        return {str(i): s for i, s in self.postgres.ask("select id, status from videos")}

    def are(self, wanted: dict[str, str]) -> bool:
        """Whether these jobs have these rows."""
        return wanted.items() <= self.rows().items()

    def history(self, job: str) -> list[str]:
        """What the job's row has been, one after the other."""
        found = self.postgres.ask(f"select status from audit where id = '{job}' order by number")
        return [status for (status,) in found]


@pytest.fixture
def bench(
    server: EmbeddedServer,
    processes: Processes,
    database: Postgres,
    receiver: Receiver,
    tmp_path: Path,
) -> Bench:
    processes.environment = {
        **processes.environment,
        "VIDEO_SERVICE_STATUS_DSN": database.dsn,
        "VIDEO_SERVICE_STATUS_WEBHOOK_URL": receiver.url,
        "VIDEO_SERVICE_STATUS_MEDIA_URL": "http://media.test",
        "VIDEO_SERVICE_DATA_DIR": str(tmp_path / "data"),
    }
    database.ask("drop table if exists videos, audit cascade; drop function if exists audited")
    sink = PostgresSink(SecretStr(database.dsn))
    sink.make_table()
    sink.close()
    database.ask(AUDIT)
    return Bench(Jobs(server), database, receiver, processes, tmp_path / "data")


def test_a_life_is_told_in_order_at_once_and_only_jobs_are(bench: Bench) -> None:
    bench.watch()
    first = bench.jobs.start()
    until(lambda: first in bench.rows(), "the watcher is up")
    job = bench.jobs.start(parameters={"user_id": "eve"}, tags=["video"])
    other = Jobs(bench.jobs.server, "render-video").start(tags=["video", "reelwright"])
    bench.jobs.stages(job, *STAGES)
    bench.jobs.finish(job)
    until(lambda: bench.rows().get(job) == "completed", "the row says so", 10)
    assert bench.history(job) == ["pending", *["processing"] * 5, "completed"]
    until(lambda: bench.receiver.of(job) == WORDS, "the webhook was told all", 10)
    assert len(bench.receiver.came) == len({each["id"] for each in bench.receiver.came})
    assert bench.postgres.ask(
        f"select user_id, video_url, updated_at > created_at from videos where id = '{job}'"
    ) == [("eve", f"http://media.test/videos/eve/{job}/final.mp4", True)]
    assert other not in bench.rows()


def test_a_database_that_is_away_for_a_while_loses_no_jobs_end_and_stops_no_webhook(
    bench: Bench,
) -> None:
    bench.watch()
    jobs = [bench.jobs.start() for _ in range(5)]
    until(lambda: set(jobs) <= set(bench.rows()), "all are there")
    bench.postgres.stop()
    for job in jobs:
        bench.jobs.stages(job, *STAGES)
    bench.jobs.enter(jobs[0], "FAILED", "Failed", "It broke.")
    for job in jobs[1:]:
        bench.jobs.finish(job)
    until(
        lambda: all(bench.receiver.of(job) == WORDS for job in jobs[1:]),
        "the webhook was told while the database was away",
        20,
    )
    bench.postgres.start()
    ends = dict.fromkeys(jobs, "completed") | {jobs[0]: "failed"}
    until(lambda: bench.are(ends), "all have their end")
    for job in jobs:
        assert bench.history(job) == ["pending", *["processing"] * 5, ends[job]]
    assert "cannot be reached" in bench.logs()
    assert "works again" in bench.logs()


def test_a_killed_watcher_catches_up_when_it_is_started_again(bench: Bench) -> None:
    """Killed while the database is away, so that what it held in memory is lost, too."""
    watcher = bench.watch()
    jobs = [bench.jobs.start() for _ in range(3)]
    until(lambda: set(jobs) <= set(bench.rows()), "all are there")
    bench.postgres.stop()
    for job in jobs:
        bench.jobs.stages(job, *STAGES[:3])
    until(lambda: all("audio" in bench.receiver.of(job) for job in jobs), "it has seen them", 20)
    watcher.kill()
    watcher.wait()
    late = bench.jobs.start()
    for job in (*jobs, late):
        bench.jobs.stages(job, *STAGES[3:])
        bench.jobs.finish(job)
    bench.postgres.start()
    bench.watch()
    until(
        lambda: bench.are(dict.fromkeys((*jobs, late), "completed")),
        "all have their end",
    )
    until(lambda: all(bench.receiver.of(job) == WORDS for job in jobs), "the webhook, too", 20)


def test_two_watchers_end_with_the_same_rows(bench: Bench) -> None:
    bench.watch()
    bench.watch()
    jobs = [bench.jobs.start() for _ in range(4)]
    for job in jobs:
        bench.jobs.stages(job, *STAGES)
        bench.jobs.finish(job)
    until(lambda: bench.are(dict.fromkeys(jobs, "completed")), "all have their end")
    for job in jobs:
        order = ["pending", "processing", "completed"]
        places = [order.index(status) for status in bench.history(job)]
        assert places == sorted(places)


def test_asked_to_stop_it_ends_and_notes_how_far_it_is_and_no_secret_is_seen(
    bench: Bench,
) -> None:
    watcher = bench.watch()
    job = bench.jobs.start()
    until(lambda: job in bench.rows(), "it is told")
    command = Path(f"/proc/{watcher.pid}/cmdline").read_text()
    bench.postgres.stop()
    bench.jobs.stages(job, *STAGES)
    until(lambda: "cannot be reached" in bench.logs(), "the trouble is logged")
    watcher.terminate()
    assert watcher.wait(timeout=10) == 0
    bench.postgres.start()
    assert set(json.loads((bench.data / FILE).read_text())) == {"postgres", "webhook", "webhooks"}
    seen = command + bench.logs() + (bench.data / FILE).read_text()
    assert PASSWORD not in seen
    assert "token-of-ops" not in seen


def test_each_sink_goes_on_from_where_it_was(bench: Bench) -> None:
    """The webhook is noted to have been told everything up to a time that is still to come."""
    bench.data.mkdir()
    later = datetime.now(UTC) + timedelta(hours=1)
    (bench.data / FILE).write_text(json.dumps({"webhook": later.isoformat()}))
    bench.watch()
    job = bench.jobs.start()
    bench.jobs.finish(job)
    until(lambda: bench.rows().get(job) == "completed", "the row says so")
    assert bench.receiver.came == []
