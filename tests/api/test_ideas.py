"""`POST /ideas:expand`: what is answered, and what a service's failures look like."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.app_settings import AppSettings
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from deployments.fake_cloud.running import Cloud, running_cloud
from deployments.fake_cloud.state import Fault
from reels.settings import ApiSettings, FlowSettings
from tests.api.conftest import NOWHERE
from tests.reels.cloud.gemini_kit import KEY, error, html, quota_failure, said


@pytest.fixture(scope="module")
def cloud_server() -> Iterator[Cloud]:
    with running_cloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(cloud_server: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in cloud_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_API_KEY", KEY)
    cloud_server.state.reset()
    return cloud_server


@pytest.fixture
async def gemini_api(store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    """The app without a Prefect server, with Gemini as its only storyboarder."""
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    app = create_app(
        gateway,
        store,
        AppSettings(
            api=ApiSettings(public_url="http://videos.test"),
            flow=FlowSettings(storyboard_provider="gemini", default_language="ru"),
        ),
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        gateway,
        httpx.AsyncClient(transport=transport, base_url="http://videos.test") as client,
    ):
        yield client


async def test_an_idea_is_expanded_by_the_storyboarders_service(
    cloud: Cloud, gemini_api: httpx.AsyncClient
) -> None:
    answer = await gemini_api.post("/ideas:expand", json={"idea": "Tea", "language": "en"})
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"hook", "tone", "format", "audience", "angles", "provider"}
    assert found["provider"] == "gemini"
    assert "Tea" in found["hook"]
    assert len(cloud.state.counted("gemini", "ideas")) == 1


async def test_without_a_language_the_default_one_is_spoken(
    cloud: Cloud, gemini_api: httpx.AsyncClient
) -> None:
    answer = await gemini_api.post("/ideas:expand", json={"idea": "Чай"})
    assert "истории" in answer.json()["hook"]


async def test_without_a_service_the_outline_answers_and_says_so(
    offline_api: httpx.AsyncClient,
) -> None:
    answer = await offline_api.post("/ideas:expand", json={"idea": "Tea", "language": "en"})
    assert answer.status_code == 200
    assert answer.json()["provider"] == "outline"


@pytest.mark.parametrize(
    ("fault", "status", "slug", "retry_after"),
    [
        (error(429, "RESOURCE_EXHAUSTED", headers={"retry-after": "7"}), 503, "unavailable", "7"),
        (error(503, "UNAVAILABLE"), 503, "unavailable", "2"),
        (
            error(429, "RESOURCE_EXHAUSTED", quota_failure(quotaId="RequestsPerDay")),
            503,
            "unavailable",
            "3600",
        ),
        (error(403, "PERMISSION_DENIED", message=f"no: {KEY}"), 502, "provider", None),
        (error(404, "NOT_FOUND"), 502, "provider", None),
        (html(200), 502, "provider", None),
        (said(finish="SAFETY"), 422, "content-blocked", None),
    ],
)
async def test_a_services_failure_is_a_problem_with_a_fitting_status(
    cloud: Cloud,
    gemini_api: httpx.AsyncClient,
    fault: Fault,
    status: int,
    slug: str,
    retry_after: str | None,
) -> None:
    cloud.state.plan("gemini", [fault])
    answer = await gemini_api.post("/ideas:expand", json={"idea": "Tea"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:reelwright:problem:{slug}"
    assert answer.headers.get("retry-after") == retry_after
    assert KEY not in answer.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "idea"),
        ({"idea": ""}, "idea"),
        ({"idea": "🍃"}, "idea"),
        ({"idea": "x" * 2_001}, "idea"),
        ({"idea": 7}, "idea"),
        ({"idea": "Tea", "language": "EN!"}, "language"),
        ({"idea": "Tea", "model": "x"}, "model"),
        ({"idea": {"__prefect_kind": "jinja"}}, "idea.__prefect_kind"),
    ],
)
async def test_a_bad_body_is_refused_by_its_field_and_nothing_is_asked(
    cloud: Cloud, gemini_api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await gemini_api.post("/ideas:expand", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert cloud.state.counted("gemini") == []


async def test_the_route_is_described_with_its_body(offline_api: httpx.AsyncClient) -> None:
    described = (await offline_api.get("/openapi.json")).json()
    route = described["paths"]["/ideas:expand"]["post"]
    schema = route["requestBody"]["content"]["application/json"]["schema"]
    assert schema["$ref"].endswith("/IdeaToExpand")
    assert "IdeaToExpand" in described["components"]["schemas"]
    assert {"422", "502", "503"} <= set(route["responses"])
