"""Slideshows over REST: what is taken on, for whom, and what is refused at the door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import PrefectClient

from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from tests.api.conftest import client_of
from tests.reels.attacks import ATTACKS

PICTURE = "https://media.example.org/images/1.jpg"
SOUND = "https://media.example.org/audio/background.mp3"
BODY: dict[str, Any] = {"user_id": "ann", "image_urls": [PICTURE, PICTURE], "audio_url": SOUND}
ANN = {"X-User-ID": "ann"}


async def test_a_slideshow_is_taken_on_and_followed_like_every_video(
    api: httpx.AsyncClient, prefect: PrefectClient
) -> None:
    answer = await api.post("/create-video", json={**BODY, "length": 30}, headers=ANN)

    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert set(body) == {"message", "video_id"}
    assert body["message"] == (
        "Video creation started successfully. It will be processed in the background."
    )
    run = await prefect.read_flow_run(UUID(body["video_id"]))
    assert run.parameters == {
        "user_id": "ann",
        "image_urls": [PICTURE, PICTURE],
        "audio_url": SOUND,
        "length": 30.0,
    }
    job = (await api.get(answer.headers["Location"], headers=ANN)).json()
    assert (job["status"], job["title"]) == ("queued", "Slideshow of 2 pictures")
    listed = (await api.get("/videos", headers=ANN)).json()["videos"]
    assert [each["job_id"] for each in listed][:1] == [body["video_id"]]
    other = await api.get(answer.headers["Location"], headers={"X-User-ID": "bob"})
    assert other.status_code == 404


async def test_the_same_key_gives_the_same_slideshow(api: httpx.AsyncClient) -> None:
    headers = {**ANN, "Idempotency-Key": "slideshow-1"}
    first = await api.post("/create-video", json=BODY, headers=headers)
    again = await api.post("/create-video", json=BODY, headers=headers)
    other = await api.post("/create-video", json={**BODY, "beats": True}, headers=headers)

    assert first.json() == again.json()
    assert other.status_code == 422


async def test_a_server_without_slideshows_still_tells_of_videos(
    prefect_url: str, prefect: PrefectClient, store: LocalStore
) -> None:
    async with (
        PrefectGateway(prefect_url, slideshows="make-slideshow/none") as gateway,
        client_of(gateway, store) as api,
    ):
        assert (await api.get("/videos", headers=ANN)).status_code == 200
        refused = await api.post("/create-video", json=BODY, headers=ANN)

    assert refused.status_code == 503
    assert "make-slideshow/none" in refused.json()["detail"]


async def test_nobody_posts_for_somebody_else(offline_api: httpx.AsyncClient) -> None:
    answer = await offline_api.post("/create-video", json=BODY, headers={"X-User-ID": "bob"})

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


async def test_in_development_the_body_says_whose_it_is(
    api: httpx.AsyncClient, prefect: PrefectClient
) -> None:
    answer = await api.post("/create-video", json=BODY)

    run = await prefect.read_flow_run(UUID(answer.json()["video_id"]))
    assert run.parameters["user_id"] == "ann"
    assert "user:ann" in run.tags


async def test_every_address_of_the_attack_list_is_refused_at_the_door(
    offline_api: httpx.AsyncClient,
) -> None:
    """But one whose host is innocent, and NUL, which the body's guard refuses."""
    others = ("#@", "\0")
    attacks = [url for url in ATTACKS if not any(sign in url for sign in others)]
    for url in attacks:
        for change, field in (
            ({"image_urls": [PICTURE, url]}, "image_urls.1"),
            ({"audio_url": url}, "audio_url"),
        ):
            answer = await offline_api.post("/create-video", json={**BODY, **change}, headers=ANN)
            assert answer.status_code == 422, url
            assert [each["field"] for each in answer.json()["errors"]] == [field], url


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"image_urls": []}, "image_urls"),
        ({"image_urls": [PICTURE] * 21}, "image_urls"),
        ({"audio_url": "http://10.0.0.1/a.mp3"}, "audio_url"),
        ({"audio_url": None}, "audio_url"),
        ({"user_id": "../bob"}, "user_id"),
        ({"length": 0.5}, "length"),
        ({"length": 1e9}, "length"),
        ({"length": "long"}, "length"),
        ({"motion": "spin"}, "motion"),
        ({"fade_in_s": -1}, "fade_in_s"),
        ({"texts": ["a", "b", "c"]}, "image_urls"),
        ({"texts": ["a"], "captions": "karaoke"}, "image_urls"),
        ({"overlay": {"__prefect_kind": "json"}}, "overlay.__prefect_kind"),
        ({"idea": "tea"}, "idea"),
    ],
)
async def test_a_wrong_field_is_named(
    change: dict[str, Any], field: str, offline_api: httpx.AsyncClient
) -> None:
    answer = await offline_api.post("/create-video", json={**BODY, **change}, headers=ANN)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in {each["field"] for each in answer.json()["errors"]}
