"""Links to artifacts, health, the description, and errors that nobody expected."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from pydantic import SecretStr

from api.jobs.gateway import PrefectGateway
from blocks.documents import LocalStoreBlock
from blocks.local_store import LocalStore
from reels.errors import StoreUnavailable
from reels.models import ArtifactRef
from tests.api.conftest import NOWHERE, PUBLIC_URL, StageHand, client_of


class BrokenStore(LocalStore):
    """A store whose disk is gone."""

    def head(self, key: str) -> ArtifactRef | None:
        raise StoreUnavailable("The disk is gone.")

    def path(self, key: str) -> Path:
        raise RuntimeError("the inner workings")


@pytest.fixture
def broken(tmp_path: Path, store: LocalStore) -> BrokenStore:
    return BrokenStore(tmp_path, public_url=PUBLIC_URL, secret=store._secret)


async def test_a_signed_link_serves_the_content_with_ranges_and_its_type(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    store.put("videos/ann/1/final.mp4", b"0123456789")
    link = store.link("videos/ann/1/final.mp4")

    whole = await offline_api.get(link)
    part = await offline_api.get(link, headers={"Range": "bytes=2-4"})
    past = await offline_api.get(link, headers={"Range": "bytes=99-"})

    assert whole.content == b"0123456789"
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["content-disposition"] == "inline"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert (part.status_code, part.content) == (206, b"234")
    assert past.status_code == 416


async def test_a_download_name_and_an_unknown_kind_are_attachments(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    store.put("videos/a/1/final.mp4", b"x")
    store.put("videos/a/1/page.html", b"<script>")

    named = await offline_api.get(store.link("videos/a/1/final.mp4", download_name="Чай.mp4"))
    page = await offline_api.get(store.link("videos/a/1/page.html"))

    assert named.headers["content-disposition"].startswith("attachment;")
    assert "%D0%A7" in named.headers["content-disposition"]
    assert page.headers["content-disposition"].startswith("attachment;")


async def test_a_link_that_we_did_not_sign_is_refused_whether_there_is_something_or_not(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    store.put("videos/ann/1/final.mp4", b"x")
    query = store.link("videos/ann/1/final.mp4").partition("?")[2]

    answers = [
        await offline_api.get("/artifacts/videos/ann/1/final.mp4"),
        await offline_api.get("/artifacts/videos/ann/1/final.mp4?expires=9999999999&signature=00"),
        await offline_api.get(f"/artifacts/videos/ann/1/other.mp4?{query}"),
        await offline_api.get(f"/artifacts/videos/ann/1/final.mp4?{query}&name=x.mp4"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert answers[0].headers["content-type"] == "application/problem+json"


async def test_the_link_of_a_store_with_a_key_of_its_own_block_is_served(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_SIGNING_KEY", "the key of the settings")
    store = LocalStoreBlock(signing_key=SecretStr("the block's own key")).open_store()
    store.put("videos/ann/1/final.mp4", b"0123456789")

    async with PrefectGateway(NOWHERE) as gateway, client_of(gateway, store) as api:
        served = await api.get(store.link("videos/ann/1/final.mp4"))

    assert (served.status_code, served.content) == (200, b"0123456789")


async def test_a_signed_link_to_nothing_is_not_there(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    assert (await offline_api.get(store.link("videos/a/1/final.mp4"))).status_code == 404


async def test_health_is_ok_while_prefect_and_the_store_answer(api: httpx.AsyncClient) -> None:
    answer = await api.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"prefect": "ok", "store": "ok"}}


async def test_health_names_every_part_that_does_not_answer(broken: BrokenStore) -> None:
    async with (
        PrefectGateway(NOWHERE, patience_s=0.1) as gateway,
        client_of(gateway, broken) as api,
    ):
        answer = await api.get("/health")

    assert answer.status_code == 503
    assert [error["field"] for error in answer.json()["errors"]] == ["prefect", "store"]


async def test_health_is_looked_at_once_for_all_who_ask_at_the_same_time(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async with PrefectGateway(NOWHERE, patience_s=0.3) as gateway:
        check = gateway.check

        async def counted() -> None:
            nonlocal looks
            looks += 1
            await check()

        monkeypatch.setattr(gateway, "check", counted)
        async with client_of(gateway, store) as api:
            answers = await asyncio.gather(*(api.get("/health") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {503}
    assert looks == 1


async def test_a_path_with_a_slash_at_its_end_is_none_of_ours(
    offline_api: httpx.AsyncClient,
) -> None:
    for path in ("/voices/", "/videos/", "//voices", "/voices//"):
        answer = await offline_api.post(path, headers={"Host": "127.0.0.1"})

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Location" not in answer.headers


async def test_without_prefect_every_route_says_to_come_back(store: LocalStore) -> None:
    async with (
        PrefectGateway(NOWHERE, patience_s=0.1) as gateway,
        client_of(gateway, store) as api,
    ):
        answers = [await api.post("/videos", json={"idea": "a"}), await api.get("/videos")]

    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert "127.0.0.1" not in answer.text


async def test_without_the_deployment_the_answer_says_how_to_deploy(
    prefect_url: str, store: LocalStore
) -> None:
    async with (
        PrefectGateway(prefect_url, deployment="make-video/none") as gateway,
        client_of(gateway, store) as api,
    ):
        answer = await api.post("/videos", json={"idea": "a"})

    assert answer.status_code == 503
    assert "prefect deploy" in answer.json()["remedy"]


async def test_an_unexpected_error_tells_an_id_and_nothing_more(
    broken: BrokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    async with PrefectGateway(NOWHERE) as gateway, client_of(gateway, broken) as api:
        with caplog.at_level(logging.ERROR, logger="api"):
            answer = await api.get(broken.link("videos/a/1/final.mp4"))

    problem = answer.json()
    assert answer.status_code == 500
    assert "inner workings" not in answer.text
    assert problem["error_id"] in problem["detail"]
    assert problem["error_id"] in caplog.text
    assert "inner workings" in caplog.text


async def test_an_unknown_path_and_a_wrong_method_are_problems(
    offline_api: httpx.AsyncClient,
) -> None:
    nowhere = await offline_api.get("/nowhere")
    wrong = await offline_api.delete("/videos")

    assert (nowhere.status_code, nowhere.json()["instance"]) == (404, "/nowhere")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["allow"]
    for answer in (nowhere, wrong):
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_description_is_whole(offline_api: httpx.AsyncClient) -> None:
    document = (await offline_api.get("/openapi.json")).json()

    refs = _refs(document)
    schemas = document["components"]["schemas"]
    assert refs <= {f"#/components/schemas/{name}" for name in schemas}
    assert {"VideoRequest", "DraftAnswer", "SubtitlesAnswer", "Problem"} <= set(schemas)
    for name in ("DraftAnswer", "SubtitlesAnswer"):
        assert "409" in schemas[name]["properties"]["number"]["description"]
    assert schemas["Review"]["required"] == ["gate", "number"]
    assert "review" in schemas["Job"]["required"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            problem = operation["responses"]["422"]["content"]
            assert list(problem) == ["application/problem+json"], path
    assert "/videos/{video_id}/draft:approve" in document["paths"]
    assert (await offline_api.get("/docs")).status_code == 200


def _refs(node: object) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return found.union(*(_refs(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_refs(value) for value in node))
    return set()


async def test_a_deployment_that_was_made_again_is_found_again(
    stage_hand: StageHand, prefect: PrefectClient
) -> None:
    api = stage_hand.api
    # Prefect deletes the scheduled runs of a deployment with it, but not those that ran.
    running = await stage_hand.new_job()
    await stage_hand.run(running, "drafting")
    deployment = await prefect.read_deployment_by_name("make-video/default")
    await prefect.delete_deployment(deployment.id)

    gone = await api.post("/videos", json={"idea": "b"})
    await prefect.create_deployment(deployment.flow_id, name="default")
    again = await api.post("/videos", json={"idea": "c"})

    assert (gone.status_code, again.status_code) == (503, 202)
    assert (await stage_hand.read(running))["status"] == "drafting"
