"""Every request has an id, is counted by its route's template, and has its line in the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api.app import create_app
from api.app_settings import AppSettings
from api.jobs.gateway import PrefectGateway
from api.jobs.patience import operation_of
from api.metrics import REGISTRY
from blocks.local_store import LocalStore
from reels.observing.lines import JsonLine
from reels.settings import ApiSettings, AuthSettings, ObservingSettings
from tests.api.conftest import NOWHERE, PUBLIC_URL

TOKEN = "a-token-of-sixteen-at-least"
JOB = "6f1c1f0e-1111-4000-8000-000000000000"


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The lines of the access log, as JSON."""
    written: list[dict[str, Any]] = []

    class Kept(logging.StreamHandler[StringIO]):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(self.format(record)))

    handler, log = Kept(StringIO()), logging.getLogger("api")
    handler.setFormatter(JsonLine())
    before = log.level
    log.addHandler(handler)
    log.setLevel("INFO")
    yield written
    log.removeHandler(handler)
    log.setLevel(before)


def app_of(tmp_path: Path, *, token: str = "", **auth: Any) -> Any:
    store = LocalStore(tmp_path / "store", public_url=PUBLIC_URL, secret=b"a secret of the tests")
    return create_app(
        PrefectGateway(NOWHERE, patience_s=0.1),
        store,
        AppSettings(
            api=ApiSettings(public_url=PUBLIC_URL),
            auth=AuthSettings(**auth),
            observing=ObservingSettings(metrics_token=SecretStr(token)),
        ),
    )


def client_of(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


def requests_of(**labels: str) -> float:
    return REGISTRY.get_sample_value("reelwright_http_requests_total", labels) or 0.0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/docs", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/videos", 405),
        ("POST", "/videos", 415),
        ("GET", "/videos?page_size=0", 422),
        ("GET", f"/videos/{JOB}", 503),
    ],
)
async def test_every_answer_says_which_request_it_answers(
    offline_api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """The sender's own id when it can be used, or else one of ours; errors have it too."""
    answer = await offline_api.request(method, path, headers={"X-Request-ID": "r:1/2"})
    assert answer.status_code == status, answer.text
    assert answer.headers.get_list("X-Request-ID") == ["r:1/2"]
    strange = await offline_api.request(method, path, headers={"X-Request-ID": "<b>" * 9})
    assert len(strange.headers["X-Request-ID"]) == 32


async def test_an_error_that_nobody_caught_has_an_id_and_is_counted(
    tmp_path: Path, lines: list[dict[str, Any]]
) -> None:
    """The answer is made outside of everything else, and is seen all the same."""
    app = app_of(tmp_path)

    @app.get("/broken/{name}")
    async def broken(name: str) -> None:
        raise RuntimeError(f"no {name}")

    async with client_of(app) as client:
        answer = await client.get("/broken/x", headers={"X-Request-ID": "r-500"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == "r-500"
    assert requests_of(method="GET", route="/broken/{name}", status="5xx") == 1
    error, access = lines
    assert error["request"] == access["request"] == "r-500"
    assert answer.json()["error_id"] in error["message"]
    assert access["level"] == "WARNING"


async def test_requests_are_counted_by_template_never_by_path(
    offline_api: httpx.AsyncClient,
) -> None:
    """Whatever is not there has one label, and so have methods that nobody knows."""
    before = requests_of(method="GET", route="unknown", status="4xx")
    for path in ("/nope-7391", "/videos/nope-7391/x", "/.env-7391", "/%D1%8F-7391"):
        await offline_api.get(path)
    await offline_api.request("NOPE7391", "/videos")
    await offline_api.get(f"/videos/{JOB}", headers={"X-User-ID": "user-7391"})
    assert requests_of(method="GET", route="unknown", status="4xx") == before + 4
    assert requests_of(method="other", route="/videos", status="4xx") >= 1
    assert requests_of(method="GET", route="/videos/{video_id}", status="5xx") >= 1
    samples = (await offline_api.get("/metrics")).text.splitlines()
    # Without their values: some are moments, with any digits.
    told = "\n".join(each.rpartition(" ")[0] for each in samples if not each.startswith("#"))
    assert "reelwright_http_requests_total" in told
    assert "7391" not in told
    assert JOB not in told


async def test_a_request_has_one_line_with_what_it_was(
    offline_api: httpx.AsyncClient, lines: list[dict[str, Any]]
) -> None:
    """Method, template, status, time, job, user and id; nothing of query, headers or body."""
    await offline_api.get(
        f"/videos/{JOB}?x=hush-1", headers={"X-User-ID": "ann", "X-Request-ID": "r-7"}
    )
    body = {"idea": "hush-2, a long idea of mine", "voice": "hush-3-no-such-voice"}
    await offline_api.post("/videos", json=body, headers={"Authorization": "Bearer hush-4444"})
    first, second = (line for line in lines if line["logger"] == "api.access")
    ms = first.pop("ms")
    assert 0 < ms < 10_000
    expected = {"method": "GET", "route": "/videos/{video_id}", "status": 503, "level": "WARNING"}
    expected |= {"job": JOB, "user": "ann", "request": "r-7"}
    assert expected.items() <= first.items()
    assert second["route"] == "/videos"
    assert "hush" not in json.dumps(lines)


async def test_polls_of_machines_have_no_lines(
    offline_api: httpx.AsyncClient, lines: list[dict[str, Any]]
) -> None:
    await offline_api.get("/metrics")
    assert lines == []


async def test_metrics_come_as_text_or_as_open_metrics(offline_api: httpx.AsyncClient) -> None:
    """By `Accept`, as Prometheus asks for them; each can be parsed."""
    text = await offline_api.get("/metrics")
    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = {family.name for family in text_string_to_metric_families(text.text)}
    assert {"reelwright_http_requests", "process_cpu_seconds"} <= names
    wanted = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    modern = await offline_api.get("/metrics", headers=wanted)
    assert modern.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert modern.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("", 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Basic {TOKEN}", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer ключ", 401),
    ],
)
async def test_with_a_token_set_only_its_bearer_reads_the_metrics(
    tmp_path: Path, given: str, status: int
) -> None:
    """On a loopback address too; a browser is told which scheme is wanted."""
    async with client_of(app_of(tmp_path, token=TOKEN)) as client:
        headers = {"Authorization": given.encode()} if given else {}
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert status == 200 or answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("role", "status"), [("ops", 200), ("editor", 403), ("user", 403)])
async def test_behind_a_gateway_ops_read_the_metrics(
    tmp_path: Path, role: str, status: int
) -> None:
    """Though the address is a loopback one: the gateway may pass anything on to it."""
    secret = "0123456789abcdef0123456789abcdef"
    app = app_of(tmp_path, auth="gateway", gateway_secret=SecretStr(secret))
    headers = {"X-User-ID": "ann", "X-User-Role": role, "X-Gateway-Secret": secret}
    async with client_of(app) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status
        assert (await client.get("/metrics")).status_code in (401, 403)


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/api/flow_runs/filter", "flow_runs/filter"),
        (f"/api/flow_runs/{JOB}/set_state", "flow_runs/{id}/set_state"),
        ("/api/deployments/name/make-video/default", "deployments/name/{name}"),
        ("/api/flow_runs/Any-Thing-1/input", "flow_runs/{id}/input"),
    ],
)
def test_requests_to_prefect_are_told_apart_without_ids(path: str, operation: str) -> None:
    assert operation_of(path) == operation


def test_no_metric_has_a_label_that_names_somebody_or_something() -> None:
    """Few values, known beforehand: no ids, users, keys, paths or names of jobs."""
    import api.metrics

    found = {
        label
        for metric in vars(api.metrics).values()
        for label in getattr(metric, "_labelnames", ())
    }
    assert found == {
        *("method", "route", "status", "kind", "result", "subscriber", "flow", "gate", "action"),
        *("operation", "reason", "work_pool", "stage", "task", "service", "outcome"),
    }
