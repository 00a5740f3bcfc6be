"""Whole jobs on the embedded stack, followed by a table and by webhooks of users."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from deployments.plan import answers
from deployments.procfs import is_running
from reels.sinks.postgres import PostgresSink
from tests.deployments.conftest import until
from tests.deployments.test_stack import client_of, processes_of
from tests.flows.conftest import Videos, a_stack
from tests.postgres_kit import PASSWORD, Postgres, running_postgres
from tests.receiver_kit import Receiver, is_signed_by, receiving

from .test_watching import AUDIT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with running_postgres() as server:
        sink = PostgresSink(SecretStr(server.dsn))
        sink.make_table()
        sink.close()
        server.ask(AUDIT)
        yield server


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def videos(
    tmp_path_factory: pytest.TempPathFactory, database: Postgres, receiver: Receiver
) -> Iterator[Videos]:
    with a_stack(
        tmp_path_factory.mktemp("stack"),
        VIDEO_SERVICE_STATUS_DSN=database.dsn,
        VIDEO_SERVICE_FETCH_ALLOWED_HOSTS=f"127.0.0.1:{receiver.port}",
    ) as running:
        yield running


def test_a_whole_job_ends_as_completed_with_an_address_and_in_order(
    videos: Videos, database: Postgres
) -> None:
    """Though the watcher is killed in the middle."""
    job = videos.post(auto_approve=["draft"])
    videos.until_suspended(job)
    until(lambda: database.ask(f"select 1 from videos where id = '{job}'") != [], "it is told")
    os.kill(client_of(videos.stack, "deployments.status"), signal.SIGKILL)
    assert videos.decide(job, "subtitles").status_code == 200
    videos.until(job, "ready")
    until(
        lambda: database.ask(f"select status from videos where id = '{job}'") == [("completed",)],
        "the row says so",
    )
    told = database.ask(f"select status, updated_at from audit where id = '{job}' order by number")
    assert [told[0][0], told[-1][0]] == ["pending", "completed"]
    assert {status for status, _ in told[1:-1]} == {"processing"}
    times = [at for _, at in told]
    assert times == sorted(times)
    [(user, url, error)] = database.ask(
        f"select user_id, video_url, error_message from videos where id = '{job}'"
    )
    assert (user, error) == ("ada", None)
    video = httpx.get(url, trust_env=False).raise_for_status()
    assert video.headers["content-type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"


def test_a_job_that_is_cancelled_says_so_in_its_row(videos: Videos, database: Postgres) -> None:
    job = videos.post()
    videos.until(job, "draft_review")
    videos.api.post(f"/videos/{job}:cancel").raise_for_status()
    until(
        lambda: database.ask(f"select status from videos where id = '{job}'") == [("cancelled",)],
        "the row says so",
    )


def test_a_users_webhook_and_the_jobs_own_are_told_of_it(
    videos: Videos, receiver: Receiver
) -> None:
    """Of one job that a person rejects, by the user's own secret."""
    wanted = {"url": f"{receiver.url}/all"}
    videos.api.post("/webhooks", json=wanted).raise_for_status()
    secret = videos.api.get("/webhooks/secret").raise_for_status().json()["secret"]
    job = videos.post(webhook_url=f"{receiver.url}/one")
    videos.until(job, "draft_review")
    videos.decide(job, "draft", action="reject", comment="Нет").raise_for_status()
    kinds = [f"video.{each}" for each in ("queued", "drafting", "draft_review", "cancelled")]
    for path in ("/hook/all", "/hook/one"):
        receiver.wait(lambda: _of(receiver, job, path) == kinds)  # noqa: B023
    assert all(is_signed_by(secret, each.headers, each.body) for each in receiver.came)
    assert "Нет" in receiver.taken[-1].message["data"]["error_message"]


def _of(receiver: Receiver, job: str, path: str) -> list[str]:
    return [each.kind for each in receiver.taken if (each.job, each.path) == (job, path)]


def test_a_server_that_was_killed_is_followed_again(videos: Videos, database: Postgres) -> None:
    [server] = [
        pid for pid, words in processes_of(videos.stack).items() if "deployments.server" in words
    ]
    os.kill(server, signal.SIGKILL)
    health = f"{videos.stack.addresses.prefect_api_url}/health"
    until(lambda: not is_running(server) and answers(health), "the server is there again")
    job = videos.post(auto_approve=True)
    videos.until(job, "ready")
    until(
        lambda: database.ask(f"select status from videos where id = '{job}'") == [("completed",)],
        "the row says so",
        30,
    )


def test_no_secret_is_in_a_log_or_in_the_list_of_processes(
    videos: Videos, database: Postgres
) -> None:
    logs = b"".join(log.read_bytes() for log in videos.stack.layout.logs.glob("*.log"))
    commands = "".join(processes_of(videos.stack).values())
    assert "deployments.status" in commands
    assert PASSWORD not in logs.decode(errors="replace") + commands
