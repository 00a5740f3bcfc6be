"""Large files: announced, sent by a link, and taken on for what they are."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.app import create_app
from api.app_settings import AppSettings
from api.jobs.gateway import PrefectGateway
from api.shelf.media import Shelf, StoredMedia
from api.shelf.uploads import MAX_OPEN, Desk
from blocks.local_store import LocalStore
from reels.settings import ApiSettings, MediaSettings, StoreSettings
from reels.uploads import new_id
from tests.api.conftest import NOWHERE, PUBLIC_URL
from tests.api.test_media import ANN, BEN, picture, sound

Api = httpx.AsyncClient


def files(store: LocalStore) -> list[str]:
    """What lies in the store's directory, of whatever kind."""
    root = store.path("anchor").parent
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(each for each in found if "anchor" not in each)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    made = LocalStore(tmp_path / "store", public_url=PUBLIC_URL, secret=b"of the tests")
    made.put("anchor", b"")
    return made


@pytest.fixture
async def limited(store: LocalStore) -> AsyncIterator[Callable[..., Api]]:
    """Makes the app with limits of its own."""
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)

    def make(**limits: Any) -> Api:
        app = create_app(
            gateway,
            store,
            AppSettings(api=ApiSettings(public_url=PUBLIC_URL), media=MediaSettings(**limits)),
        )
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    async with gateway:
        yield make


async def start(api: Api, content: bytes, **more: Any) -> dict[str, Any]:
    answer = await api.post(
        "/media/uploads", json={"size_bytes": len(content), **more}, headers=ANN
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def send(api: Api, upload: dict[str, Any], content: bytes) -> int:
    answer = await api.request(upload["method"], upload["url"], content=content)
    return answer.status_code


async def complete(api: Api, upload: dict[str, Any], headers: Any = ANN) -> httpx.Response:
    return await api.post(f"/media/uploads/{upload['upload_id']}:complete", headers=headers)


async def test_a_file_that_is_sent_by_a_link_is_kept_like_one_that_is_posted(
    offline_api: Api, store: LocalStore
) -> None:
    content = sound()
    sha256 = hashlib.sha256(content).hexdigest()
    upload = await start(offline_api, content, folder="tones", name="a.mp4", sha256=sha256)
    assert upload["headers"] == {"Content-Length": str(len(content))}
    assert await send(offline_api, upload, content) == 204
    answer = await complete(offline_api, upload)
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["folder"], told["name"], told["sha256"]) == ("tones", "a.wav", sha256)
    assert told["media_type"] == "audio/wav"
    assert told["facts"]["kind"] == "sound"
    assert (await offline_api.get(told["url"])).content == content
    listed = (await offline_api.get("/media", headers=ANN)).json()["media"]
    assert [item["name"] for item in listed] == ["a.wav"]
    assert not any(name.endswith("content") for name in files(store))


async def test_completing_may_be_repeated_and_deleting_then_takes_no_file(
    offline_api: Api, store: LocalStore
) -> None:
    upload = await start(offline_api, picture())
    await send(offline_api, upload, picture())
    both = await asyncio.gather(*(complete(offline_api, upload) for _ in range(2)))
    again = await complete(offline_api, upload)
    told = [answer.json()["sha256"] for answer in (*both, again)]
    assert told == [hashlib.sha256(picture()).hexdigest()] * 3
    path = f"/media/uploads/{upload['upload_id']}"
    assert (await offline_api.delete(path, headers=ANN)).status_code == 204
    assert (await offline_api.delete(path, headers=ANN)).status_code == 404
    assert (await complete(offline_api, upload)).status_code == 404
    assert [name for name in files(store) if name.startswith("uploads")] == []
    assert len((await offline_api.get("/media", headers=ANN)).json()["media"]) == 1


@pytest.mark.parametrize("reads", ["sizes", "fetch", "copy"])
async def test_who_comes_second_to_complete_is_told_what_the_first_has_kept(
    reads: str, offline_api: Api, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever step of the second's work the first clears the content away."""
    upload = await start(offline_api, picture())
    await send(offline_api, upload, picture())
    desk = Desk(Shelf(store, StoreSettings(), MediaSettings(), "ann"))
    at_step = getattr(store, reads)
    firsts: list[StoredMedia] = []

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(store, reads, at_step)
        firsts.append(desk.complete(UUID(upload["upload_id"])))
        return at_step(*args)

    monkeypatch.setattr(store, reads, overtaken)
    second = desk.complete(UUID(upload["upload_id"]))
    assert [second] == firsts
    assert second.sha256 == hashlib.sha256(picture()).hexdigest()


async def test_an_upload_is_its_users_alone(offline_api: Api) -> None:
    upload = await start(offline_api, picture())
    await send(offline_api, upload, picture())
    path = f"/media/uploads/{upload['upload_id']}"
    assert (await complete(offline_api, upload, BEN)).status_code == 404
    assert (await offline_api.delete(path, headers=BEN)).status_code == 404
    assert (await complete(offline_api, upload)).status_code == 200


async def test_nothing_can_be_completed_before_it_has_come(offline_api: Api) -> None:
    upload = await start(offline_api, picture())
    assert (await complete(offline_api, upload)).status_code == 409
    unknown = {"upload_id": str(uuid4())}
    assert (await complete(offline_api, unknown)).status_code == 404


@pytest.mark.parametrize("content", [b"plain text", b"#EXTM3U\n/etc/passwd", picture()[:80]])
async def test_what_cannot_be_used_is_refused_with_the_reason_and_gone(
    offline_api: Api, store: LocalStore, content: bytes
) -> None:
    upload = await start(offline_api, content)
    assert await send(offline_api, upload, content) == 204
    answer = await complete(offline_api, upload)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "content"
    assert (await complete(offline_api, upload)).status_code == 409
    assert [name for name in files(store) if "wanted" not in name] == []


async def test_a_body_of_another_size_or_hash_is_refused_and_may_be_sent_again(
    offline_api: Api, store: LocalStore
) -> None:
    content = picture()
    upload = await start(offline_api, content, sha256=hashlib.sha256(content).hexdigest())
    before = files(store)
    assert await send(offline_api, upload, content + b"x") == 413
    assert await send(offline_api, upload, content[:-1]) == 422
    assert await send(offline_api, upload, content[:-1] + b"x") == 422

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield content

    endless = await offline_api.put(upload["url"], content=pieces())
    assert endless.status_code == 422
    assert files(store) == before
    assert await send(offline_api, upload, content) == 204
    assert (await complete(offline_api, upload)).status_code == 200


async def test_a_sender_that_falls_silent_is_not_waited_for(
    offline_api: Api, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.shelf.receiving.IDLE_S", 0.05)
    upload = await start(offline_api, picture())
    before = files(store)

    async def silent() -> AsyncIterator[bytes]:
        yield picture()[:100]
        await asyncio.Event().wait()

    answer = await offline_api.put(upload["url"], content=silent())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert files(store) == before


async def test_what_lies_there_is_measured_whoever_brought_it(
    offline_api: Api, store: LocalStore
) -> None:
    upload = await start(offline_api, picture(), sha256="0" * 64)
    content = f"uploads/ann/{upload['upload_id']}/content"
    for found, field in ((picture(21), "size_bytes"), (picture(), "sha256")):
        store.put(content, found)
        answer = await complete(offline_api, upload)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert store.head(content) is None


async def test_a_link_is_for_one_upload_and_ends(
    offline_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await start(offline_api, picture())
    url = upload["url"]
    body, _, mac = url.rpartition(".")
    flipped = body[:-3] + ("A" if body[-3] != "A" else "B") + body[-2:]
    for forged in (body, f"{body}.", f"{flipped}.{mac}", f"{url}0", "/uploads/ü.ü", "/uploads/."):
        answer = await offline_api.put(forged, content=picture())
        assert answer.status_code in (403, 404, 405), forged
    later = datetime.now(UTC).timestamp() + 21_601
    with monkeypatch.context() as patch:
        patch.setattr("api.routes.uploads.time.time", lambda: later)
        assert await send(offline_api, upload, picture()) == 403
    await offline_api.delete(f"/media/uploads/{upload['upload_id']}", headers=ANN)
    assert await send(offline_api, upload, picture()) == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"size_bytes": 0},
        {"size_bytes": -1},
        {"size_bytes": True},
        {"size_bytes": 1.5},
        {"size_bytes": "5"},
        {"size_bytes": 2_000_000_001},
        {"size_bytes": 10**30},
        {"size_bytes": 5, "sha256": "0" * 63},
        {"size_bytes": 5, "sha256": "Z" * 64},
        {"size_bytes": 5, "sha256": "0" * 64 + "\n"},
        {"size_bytes": 5, "user": "ben"},
    ],
)
async def test_an_announcement_that_cannot_be_is_refused(
    offline_api: Api, store: LocalStore, body: dict[str, Any]
) -> None:
    answer = await offline_api.post("/media/uploads", json=body, headers=ANN)
    assert answer.status_code == 422
    assert files(store) == []


async def test_a_user_has_room_for_so_much(limited: Callable[..., Api]) -> None:
    async with limited(media_user_mb=1) as api:
        first = sound(40)
        upload = await start(api, first)
        await send(api, upload, first)
        refused = await api.post("/media/uploads", json={"size_bytes": 600_000}, headers=ANN)
        assert (refused.status_code, "no room" in refused.json()["detail"]) == (409, True)
        assert (await complete(api, upload)).status_code == 200
        assert (await complete(api, upload)).status_code == 200
        others = await api.post("/media/uploads", json={"size_bytes": 600_000}, headers=BEN)
        assert others.status_code == 201


async def test_room_is_counted_again_when_a_file_is_kept(limited: Callable[..., Api]) -> None:
    async with limited(media_user_files=2) as api:
        uploads = [await start(api, picture(side)) for side in (20, 21, 22)]
        for upload, side in zip(uploads, (20, 21, 22), strict=True):
            assert await send(api, upload, picture(side)) == 204
        kept = [(await complete(api, upload)).status_code for upload in uploads]
        assert kept == [200, 200, 409]
        [first, *_] = (await api.get("/media", headers=ANN)).json()["media"]
        await api.delete(f"/media/{first['name']}", headers=ANN)
        assert (await complete(api, uploads[2])).status_code == 200


async def test_unfinished_uploads_are_few_and_go_with_time(
    offline_api: Api, store: LocalStore
) -> None:
    for _ in range(MAX_OPEN):
        await start(offline_api, picture())
    refused = await offline_api.post("/media/uploads", json={"size_bytes": 5}, headers=ANN)
    assert refused.status_code == 409
    for key in store.sizes("uploads"):
        store.delete(key)
    old = new_id(datetime.now(UTC) - timedelta(hours=8))
    for name in ("wanted.json", "content"):
        store.put(f"uploads/ann/{old}/{name}", b"{}")
        store.put(f"uploads/ben/{old}/{name}", b"{}")
    upload = await start(offline_api, picture())
    left = {key.split("/")[1]: UUID(key.split("/")[2]) for key in store.sizes("uploads")}
    assert left == {"ann": UUID(upload["upload_id"]), "ben": old}


async def test_a_file_of_that_name_is_not_replaced(offline_api: Api, store: LocalStore) -> None:
    store.put("assets/ann/a.png", picture(30))
    upload = await start(offline_api, picture(), name="a")
    await send(offline_api, upload, picture())
    assert (await complete(offline_api, upload)).status_code == 409
    assert store.read("assets/ann/a.png") == picture(30)
    store.delete("assets/ann/a.png")
    assert (await complete(offline_api, upload)).status_code == 200
