"""A whole stack tells of a job: its lines, its figures and its trace, and nothing secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from deployments.layout import Layout
from deployments.pools import REPOSITORY
from deployments.stack import Stack, running_stack
from tests.deployments.conftest import until
from tests.observing_kit import Received, receiving

pytestmark = pytest.mark.slow

TOKEN = "a-token-that-prometheus-has"
SECRETS = {
    "VIDEO_SERVICE_METRICS_TOKEN": TOKEN,
    "VIDEO_SERVICE_PIXABAY_API_KEY": "pixabay-key-61f0d2",
    "VIDEO_SERVICE_SIGNING_KEY": "signing-key-77aa41b2c3d4e5f6",
}
#: No settings, and nothing that this house knows beforehand.
BEARER = "Bearer bearer-93be0144c7"
WORDS = "The octopus has three hearts, and two of them stop beating when it swims."
REQUEST = "req-of-the-test"


@dataclass
class Told:
    """What has been told of one finished job, and all that was written when the stack ended."""

    job: str
    link: str
    metrics: str
    lines: dict[str, str]
    received: Received


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    directory = tmp_path_factory.mktemp("telling")
    with receiving() as received:
        environment = SECRETS | {
            "VIDEO_SERVICE_LOG_FORMAT": "json",
            "VIDEO_SERVICE_OTLP_ENDPOINT": received.url,
            "VIDEO_SERVICE_SENTRY_DSN": received.dsn,
        }
        with running_stack(directory, environment=environment) as stack:
            job, link, metrics = _work(stack)
            # The last of it comes when the flow's process ends.
            received.wait(lambda: "run make_video" in {span.name for _, span in received.spans()})
            logs = Layout(stack.layout.data_dir).logs
        lines = {log.stem: log.read_text() for log in logs.glob("*.log")}
        yield Told(job, link, metrics, lines, received)


def _work(stack: Stack) -> tuple[str, str, str]:
    headers = {"X-User-ID": "ada", "X-Request-ID": REQUEST, "Authorization": BEARER}
    with httpx.Client(
        base_url=stack.addresses.api_url, headers=headers, trust_env=False, timeout=60
    ) as api:
        body = {"text": f"{WORDS}\n\nIt would rather crawl.", "aspect": "1:1"}
        body |= {"auto_approve": True, "visuals": ["slide"]}
        keyed = {"Idempotency-Key": "once-and-once-more"}
        job = api.post("/videos", json=body, headers=keyed).raise_for_status().json()["job_id"]
        api.post("/videos", json=body, headers={**keyed, "X-Request-ID": "another"})
        api.post("/videos", json={**body, "voice": "nobody"})
        until(lambda: api.get(f"/videos/{job}").json()["status"] == "ready", "ready", 120)
        link = api.get(f"/videos/{job}").json()["artifacts"]["final"]
        assert api.get(link).is_success
        scraped: dict[str, str] = {"Authorization": f"Bearer {TOKEN}"}
        ended = 'reelwright_jobs_ended_total{flow="video",status="ready"} 1.0'
        until(lambda: ended in api.get("/metrics", headers=scraped).text, "counted")
        return job, link, api.get("/metrics", headers=scraped).text


def test_every_line_of_a_jobs_processes_says_whose_it_is(told: Told) -> None:
    """The job, its user and the request that has made it, in the flow and in its child run."""
    stages: set[str] = set()
    for pool in ("pipeline", "render"):
        written = [json.loads(line) for line in told.lines[f"worker-{pool}"].splitlines()[1:]]
        assert {
            line["job"] for line in written if line["logger"] != "prefect.flow_runs.worker"
        } == {told.job}
        own = [line for line in written if "worker_name" not in line]
        assert own
        for line in own:
            assert (line["user"], line["request"]) == ("ada", REQUEST), line
        stages |= {line.get("stage", "") for line in own}
    assert {"drafting", "assets", "rendering"} <= stages


def test_every_request_has_its_line(told: Told) -> None:
    lines = [json.loads(line) for line in told.lines["api"].splitlines()]
    made = [line for line in lines if line.get("route") == "/videos"]
    assert [line["status"] for line in made] == [202, 202, 422]
    assert made[0]["request"] == REQUEST
    assert all(line["job"] == told.job for line in lines if "{video_id}" in line.get("route", ""))


@pytest.mark.parametrize("secret", [*SECRETS.values(), BEARER.split()[1], "once-and-once-more"])
def test_no_log_holds_a_secret(told: Told, secret: str) -> None:
    assert not [name for name, text in told.lines.items() if secret in text]


def test_no_log_holds_what_was_written_or_a_link(told: Told) -> None:
    """Neither the text, nor the job's name, which is its beginning, nor a signature."""
    signature = re.search(r"signature=(\w+)", told.link)
    assert signature
    for name, text in told.lines.items():
        assert "octopus" not in text, name
        assert signature[1] not in text, name


def test_the_figures_of_the_work_are_with_the_api(told: Told) -> None:
    """Counted from the job's history, its tasks and its manifest; a repeated post made nothing."""
    sample = dict(
        line.rsplit(" ", 1) for line in told.metrics.splitlines() if not line.startswith("#")
    )
    assert sample['reelwright_jobs_created_total{flow="video"}'] == "1.0"
    assert sample['reelwright_stage_duration_seconds_count{stage="rendering"}'] == "1.0"
    assert float(sample['reelwright_task_runs_total{result="made",task="speak_line"}']) >= 1
    assert float(sample['reelwright_segments_total{result="encoded"}']) >= 2
    assert float(sample["reelwright_render_speed_ratio_count"]) == 1
    assert 'reelwright_queued_runs{work_pool="render"}' in sample
    assert 'reelwright_events_connected{subscriber="work"}' in sample
    assert told.job not in told.metrics
    assert "ada" not in told.metrics


def test_one_trace_goes_from_the_request_to_the_render(told: Told) -> None:
    """Through Prefect, into the flow's process and from there into the child's."""
    spans = [span for _, span in told.received.spans()]
    run = next(span for span in spans if span.name == "run make_video")
    of_trace = {span.span_id: span for span in spans if span.trace_id == run.trace_id}
    asked = next(span for span in of_trace.values() if span.name == "POST /videos")
    render = next(span for span in of_trace.values() if span.name == "run render_video")

    def ancestors(span: Any) -> Iterator[str]:
        while span := of_trace.get(span.parent_span_id):
            yield span.name

    assert list(ancestors(render))[:2] == ["stage rendering", "run make_video"]
    assert asked.name in ancestors(run)
    assert not told.received.events()
    for secret in (*SECRETS.values(), BEARER.split()[1], "octopus"):
        assert secret.encode() not in told.received.everything


def test_a_stack_that_cannot_tell_as_it_was_told_to_does_not_start() -> None:
    """With one line that names the setting."""
    hidden = "import sys; sys.modules['sentry_sdk'] = None; from deployments.up import main; "
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden} sys.exit(main(['--api-port', '0']))"],
        cwd=REPOSITORY,
        env={**os.environ, "VIDEO_SERVICE_SENTRY_DSN": "https://k@sentry.test/1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "VIDEO_SERVICE_SENTRY_DSN is set, but sentry_sdk is not installed" in done.stderr
    assert "Traceback" not in done.stderr
