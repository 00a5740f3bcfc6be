"""Webhooks: registered, listed, tried and removed by their user, and by nobody else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient

from blocks.local_store import LocalStore
from reels.webhooks.registry import MAX_WEBHOOKS, Registry
from tests.receiver_kit import Receiver, is_signed_by, receiving
from tests.reels.attacks import ATTACKS

ANN, BEN = {"X-User-ID": "ann"}, {"X-User-ID": "ben"}
URL = "https://hooks.example.org/in"
#: `#` ends the host of these: what is asked is the innocent part.
REFUSED = [url for url in ATTACKS if not url.startswith("http://media.test.example#")]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """On loopback, and trusted by the setting."""
    with receiving() as running:
        allowed = f"127.0.0.1:{running.port}"
        monkeypatch.setenv("VIDEO_SERVICE_FETCH_ALLOWED_HOSTS", allowed)
        yield running


async def added(api: httpx.AsyncClient, url: str = URL, **more: Any) -> dict[str, Any]:
    answer = await api.post("/webhooks", json={"url": url, **more}, headers=ANN)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_webhook_is_registered_listed_and_removed(offline_api: httpx.AsyncClient) -> None:
    made = await added(offline_api, events=["video.ready"])
    assert (made["url"], made["events"], made["is_on"]) == (URL, ["video.ready"], True)
    listed = await offline_api.get("/webhooks", headers=ANN)
    assert listed.json() == {"webhooks": [made]}
    gone = await offline_api.delete(f"/webhooks/{made['id']}", headers=ANN)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await offline_api.get("/webhooks", headers=ANN)).json() == {"webhooks": []}
    assert (await offline_api.delete(f"/webhooks/{made['id']}", headers=ANN)).status_code == 404


async def test_nobody_elses_webhook_is_seen_tried_switched_or_removed(
    offline_api: httpx.AsyncClient,
) -> None:
    made = await added(offline_api)
    own = f"/webhooks/{made['id']}"
    assert (await offline_api.get("/webhooks", headers=BEN)).json() == {"webhooks": []}
    for method, path in (("DELETE", own), ("POST", f"{own}:enable"), ("POST", f"{own}:test")):
        theirs = await offline_api.request(method, path, headers=BEN)
        none = await offline_api.request(method, path.replace(made["id"], str(uuid4())))
        assert theirs.status_code == none.status_code == 404
        assert theirs.headers["content-type"] == "application/problem+json"
        assert URL not in theirs.text
    secrets = [
        (await offline_api.get("/webhooks/secret", headers=user)).json()["secret"]
        for user in (ANN, BEN)
    ]
    assert secrets[0] != secrets[1]
    assert len((await offline_api.get("/webhooks", headers=ANN)).json()["webhooks"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": ""},
        {"url": 5},
        {"url": URL, "events": "video.ready"},
        {"url": URL, "events": ["video.gone"]},
        {"url": URL, "events": ["video.ready"] * 21},
        {"url": URL, "is_on": False},
        {"url": f"{URL}?{'a' * 3000}"},
        {"url": "https://printer.lan/"},
        {"url": "https://user:hidden-word@hooks.example.org/"},
    ],
)
async def test_what_is_no_webhook_is_refused(
    body: dict[str, Any], offline_api: httpx.AsyncClient
) -> None:
    answer = await offline_api.post("/webhooks", json=body, headers=ANN)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].split(".")[0] in {"url", "events", "is_on"}


async def test_no_attack_is_taken_for_an_address(offline_api: httpx.AsyncClient) -> None:
    for url in REFUSED:
        for path, body in (
            ("/webhooks", {"url": url}),
            ("/videos", {"idea": "Tea", "webhook_url": url}),
            ("/api/v1/video/generate", {"source_text": "Tea.", "webhook_url": url}),
        ):
            answer = await offline_api.post(path, json=body, headers=ANN)
            assert answer.status_code == 422, url
            assert "url" in answer.json()["errors"][0]["field"]
    assert (await offline_api.get("/webhooks", headers=ANN)).json() == {"webhooks": []}


async def test_an_eleventh_webhook_is_refused_until_one_is_removed(
    offline_api: httpx.AsyncClient,
) -> None:
    made = [await added(offline_api, f"{URL}/{number}") for number in range(MAX_WEBHOOKS)]
    refused = await offline_api.post("/webhooks", json={"url": URL}, headers=ANN)
    assert (refused.status_code, "10" in refused.json()["detail"]) == (409, True)
    await offline_api.delete(f"/webhooks/{made[0]['id']}", headers=ANN)
    await added(offline_api)


async def test_one_that_was_switched_off_is_switched_on_again(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    made = await added(offline_api)
    Registry(store, "ann").switch_off(UUID(made["id"]), "gone")
    [off] = (await offline_api.get("/webhooks", headers=ANN)).json()["webhooks"]
    assert (off["is_on"], off["off_reason"]) == (False, "gone")
    on = await offline_api.post(f"/webhooks/{made['id']}:enable", headers=ANN)
    assert on.json() == made


async def test_a_secret_is_made_once_and_rotated_and_kept_by_no_cache(
    offline_api: httpx.AsyncClient,
) -> None:
    first = await offline_api.get("/webhooks/secret", headers=ANN)
    assert first.headers["cache-control"] == "no-store"
    secret = first.json()["secret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert (await offline_api.get("/webhooks/secret", headers=ANN)).json() == first.json()
    rotated = await offline_api.post("/webhooks/secret:rotate", headers=ANN)
    assert (rotated.status_code, rotated.content) == (204, b"")
    now = (await offline_api.get("/webhooks/secret", headers=ANN)).json()
    assert now["secret"] != secret
    assert [old["secret"] for old in now["previous"]] == [secret]


async def test_a_trial_is_signed_and_tells_status_and_time_and_no_word_of_the_answer(
    offline_api: httpx.AsyncClient, receiver: Receiver
) -> None:
    made = await added(offline_api, receiver.url)
    old = (await offline_api.get("/webhooks/secret", headers=ANN)).json()["secret"]
    await offline_api.post("/webhooks/secret:rotate", headers=ANN)
    new = (await offline_api.get("/webhooks/secret", headers=ANN)).json()["secret"]
    tried = await offline_api.post(f"/webhooks/{made['id']}:test", headers=ANN)
    assert tried.status_code == 200
    assert tried.json().keys() == {"is_taken", "status_code", "ms", "trouble"}
    assert (tried.json()["is_taken"], tried.json()["status_code"]) == (True, 204)
    [came] = receiver.came
    assert came.kind == "webhook.test"
    assert is_signed_by(old, came.headers, came.body)
    assert is_signed_by(new, came.headers, came.body)


@pytest.mark.parametrize("status", [302, 410, 500])
async def test_a_trial_that_is_refused_says_so_and_switches_nothing(
    status: int, offline_api: httpx.AsyncClient, receiver: Receiver
) -> None:
    receiver.answer = lambda _: (status, {"Location": receiver.url})
    made = await added(offline_api, receiver.url)
    tried = (await offline_api.post(f"/webhooks/{made['id']}:test", headers=ANN)).json()
    assert (tried["is_taken"], tried["status_code"]) == (False, status)
    assert len(receiver.came) == 1
    [webhook] = (await offline_api.get("/webhooks", headers=ANN)).json()["webhooks"]
    assert webhook["is_on"]


async def test_a_trial_of_what_became_a_private_address_connects_to_nothing(
    offline_api: httpx.AsyncClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await added(offline_api, receiver.url)
    monkeypatch.setenv("VIDEO_SERVICE_FETCH_ALLOWED_HOSTS", "")
    tried = (await offline_api.post(f"/webhooks/{made['id']}:test", headers=ANN)).json()
    assert (tried["is_taken"], tried["status_code"]) == (False, None)
    assert "refused" in tried["trouble"]
    assert receiver.came == []


async def test_one_trial_of_a_user_at_a_time(
    offline_api: httpx.AsyncClient, receiver: Receiver
) -> None:
    import anyio

    statuses: list[int] = []
    made = await added(offline_api, receiver.url)

    async def one() -> None:
        answer = await offline_api.post(f"/webhooks/{made['id']}:test", headers=ANN)
        statuses.append(answer.status_code)

    def slow(_: object) -> int:
        # Answers once all the others have been refused.
        for _n in range(200):
            if len(statuses) == 5:
                return 204
            receiver.pause.wait(0.02)
        return 500

    receiver.answer = slow
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(one)
    assert sorted(statuses) == [200, *[409] * 5]
    assert receiver.taken != []


async def test_a_jobs_own_address_is_a_parameter_of_its_run(
    api: httpx.AsyncClient, prefect: PrefectClient, store: LocalStore
) -> None:
    videos = {"idea": "Tea", "webhook_url": URL}
    slides = {
        "user_id": "ann",
        "image_urls": ["https://media.example.org/1.jpg"],
        "audio_url": "https://media.example.org/1.mp3",
        "webhook_url": URL,
    }
    short = {"source_text": "Tea is a leaf.", "webhook_url": URL}
    for path, body, name in (
        ("/videos", videos, "job_id"),
        ("/create-video", slides, "video_id"),
        ("/api/v1/video/generate", short, "job_id"),
    ):
        answer = await api.post(path, json=body, headers=ANN)
        assert answer.status_code == 202, answer.text
        run = await prefect.read_flow_run(UUID(answer.json()[name]))
        assert run.parameters["webhook_url"] == URL
    assert store.head("webhooks/ann/secret.json") is not None


async def test_a_job_without_an_address_has_no_such_parameter(
    api: httpx.AsyncClient, prefect: PrefectClient, store: LocalStore
) -> None:
    answer = await api.post("/videos", json={"idea": "Tea", "webhook_url": None}, headers=ANN)
    run = await prefect.read_flow_run(UUID(answer.json()["job_id"]))
    assert "webhook_url" not in run.parameters
    assert store.head("webhooks/ann/secret.json") is None
