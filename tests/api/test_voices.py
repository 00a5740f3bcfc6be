"""`GET /voices`, with the fake cloud where a service is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.models import VideoRequest
from reels.voice import elevenlabs_voices, voice
from tests.api.conftest import NOWHERE, client_of


@asynccontextmanager
async def client(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, providers: str, key: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The app with these voices; a key of its own for each test keeps their lists apart."""
    monkeypatch.setenv("VIDEO_SERVICE_TTS_PROVIDER", providers)
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", key)
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store) as found:
        yield found


async def test_the_voices_of_espeak_can_all_be_asked_for(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(store, monkeypatch, "espeak", "") as api:
        answer = await api.get("/voices")

    found: list[dict[str, Any]] = answer.json()
    assert answer.status_code == 200
    assert {"id": "ru", "name": "Russian", "provider": "espeak", "language": "ru"} in found
    assert {"id": "Annie", "name": "Annie", "provider": "espeak"} in found
    for each in found:
        request = VideoRequest(idea="Tea", voice=each["id"])
        voice("espeak").check(each.get("language", "en"), request.voice)
    assert len({each["id"] for each in found}) == len(found) > 150


async def test_a_chain_lists_all_its_voices_in_order_and_asks_once(
    store: LocalStore, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(store, monkeypatch, "elevenlabs, espeak", "key-of-a-chain") as api:
        first = await api.get("/voices")
        again = await api.get("/voices")

    assert first.json()[0] == {
        "id": "JBFqnCBsd6RMkjVDRZzb",
        "name": "George - Warm Storyteller",
        "provider": "elevenlabs",
        "language": "en",
        "preview_url": "https://voices.example/JBFqnCBsd6RMkjVDRZzb.mp3",
    }
    assert [each["provider"] for each in first.json()][3:4] == ["espeak"]
    assert again.json() == first.json()
    assert len(cloud.state.counted("elevenlabs", "voices")) == 1


async def test_the_list_is_asked_for_anew_when_it_is_old(
    store: LocalStore, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elevenlabs_voices, "KEPT_S", 0.0)
    async with client(store, monkeypatch, "elevenlabs", "key-of-an-old-list") as api:
        await api.get("/voices")
        await api.get("/voices")

    assert len(cloud.state.counted("elevenlabs", "voices")) == 2


@pytest.mark.parametrize(
    ("fault", "status", "slug"),
    [
        (Fault(status=401, body={"detail": {"code": "invalid_api_key"}}), 502, "provider"),
        (Fault(status=500), 503, "unavailable"),
        (Fault(status=429, headers={"retry-after": "9"}), 503, "unavailable"),
        (Fault(status=200, body={"voices": 3}), 502, "provider"),
        (Fault(status=200, body="<html>"), 502, "provider"),
    ],
)
async def test_a_service_that_does_not_list_its_voices_is_a_problem_and_is_not_kept(
    store: LocalStore,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    status: int,
    slug: str,
) -> None:
    key = f"planted-{fault.status}-{len(str(fault.body))}"
    cloud.state.plan("elevenlabs", [fault])
    async with client(store, monkeypatch, "elevenlabs", key) as api:
        answer = await api.get("/voices")
        after = await api.get("/voices")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:reelwright:problem:{slug}"
    assert key not in answer.text
    if "retry-after" in fault.headers:
        assert answer.headers["retry-after"] == "9"
    assert after.status_code == 200


async def test_a_missing_key_names_its_setting(
    store: LocalStore, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(store, monkeypatch, "elevenlabs", "") as api:
        answer = await api.get("/voices")

    assert answer.status_code == 502
    assert "VIDEO_SERVICE_ELEVENLABS_API_KEY" in answer.json()["remedy"]


async def test_an_unknown_provider_is_named(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(store, monkeypatch, "nobody", "") as api:
        answer = await api.get("/voices")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "tts_provider"


async def test_the_description_tells_of_the_list(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(store, monkeypatch, "espeak", "") as api:
        document = (await api.get("/openapi.json")).json()

    answers = document["paths"]["/voices"]["get"]["responses"]
    assert {"200", "401", "502", "503"} <= answers.keys()


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("nobody", 422, "storyboard.scenes.1.voice"),
        ("no such voice", 422, "storyboard.scenes.1.voice"),
        ("Annie", 503, None),
    ],
)
async def test_a_scenes_voice_is_checked_like_its_jobs(
    offline_api: httpx.AsyncClient, name: str, code: int, field: str | None
) -> None:
    scenes = [{"narration": "Tea."}, {"narration": "Milk.", "voice": name}]
    answer = await offline_api.post(
        "/videos", json={"storyboard": {"title": "T", "scenes": scenes}}
    )

    # What is right goes on to Prefect, which is not there.
    assert answer.status_code == code
    assert [each["field"] for each in answer.json().get("errors", [])] == ([field] if field else [])
