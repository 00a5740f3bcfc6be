"""POST, GET and DELETE /media: people's files, taken for what they are."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from blocks.local_store import LocalStore

ANN, BEN = {"X-User-ID": "ann"}, {"X-User-ID": "ben"}


def picture(side: int = 20, kind: str = "PNG") -> bytes:
    noise = np.random.default_rng(side).integers(0, 255, (side, side + 10, 3), np.uint8)
    held = io.BytesIO()
    Image.fromarray(noise).save(held, kind)
    return held.getvalue()


def sound(seconds: float = 0.5) -> bytes:
    import wave

    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        tone = 8_000 * np.sin(np.arange(int(8_000 * seconds)) / 4)
        file.writeframes(tone.astype("<i2").tobytes())
    return held.getvalue()


def body(content: bytes, **more: Any) -> dict[str, Any]:
    return {"data": base64.b64encode(content).decode(), **more}


async def add(api: httpx.AsyncClient, content: bytes, **more: Any) -> httpx.Response:
    return await api.post("/media", json=body(content, **more), headers=ANN)


async def test_a_picture_is_kept_in_its_users_folder_and_served(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    content = picture()
    answer = await add(offline_api, content, folder="backgrounds/sea", name="wave.jpeg")
    told = answer.json()
    assert answer.status_code == 201, answer.text
    assert (told["name"], told["folder"]) == ("wave.png", "backgrounds/sea")
    assert told["facts"]["kind"] == "picture"
    assert (told["facts"]["width_px"], told["facts"]["height_px"]) == (30, 20)
    assert store.read("assets/ann/backgrounds/sea/wave.png") == content
    assert (await offline_api.get(told["url"])).content == content


async def test_a_sound_is_kept_with_its_length(offline_api: httpx.AsyncClient) -> None:
    told = (await add(offline_api, sound())).json()
    assert told["facts"]["kind"] == "sound"
    assert told["facts"]["duration_s"] == pytest.approx(0.5, abs=0.01)
    assert told["name"].endswith(".wav")


async def test_the_same_file_twice_is_one_and_another_of_its_name_is_refused(
    offline_api: httpx.AsyncClient,
) -> None:
    first = await add(offline_api, picture(20), name="a")
    again = await add(offline_api, picture(20), name="a")
    other = await add(offline_api, picture(21), name="a")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    listed = (await offline_api.get("/media", headers=ANN)).json()["media"]
    assert [item["name"] for item in listed] == ["a.png"]


async def test_users_see_their_own_files_and_everyones(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    await add(offline_api, picture(), folder="f", name="mine")
    store.put("shared/f/ours.png", picture())
    for headers, expected in ((ANN, ["mine.png"]), (BEN, [])):
        for where in ("/media", "/media?folder=f"):
            listed = (await offline_api.get(where, headers=headers)).json()["media"]
            assert [item["name"] for item in listed] == expected
    shared = (await offline_api.get("/media/shared?folder=f", headers=BEN)).json()["media"]
    assert [(item["folder"], item["name"]) for item in shared] == [("f", "ours.png")]


async def test_only_its_user_deletes_a_file(
    offline_api: httpx.AsyncClient, store: LocalStore
) -> None:
    await add(offline_api, picture(), folder="f", name="mine")
    assert (await offline_api.delete("/media/f/mine.png", headers=BEN)).status_code == 404
    assert store.head("assets/ann/f/mine.png") is not None
    assert (await offline_api.delete("/media/f/mine.png", headers=ANN)).status_code == 204
    assert store.head("assets/ann/f/mine.png") is None
    assert (await offline_api.delete("/media/f/mine.png", headers=ANN)).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a" + b"x" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"#EXTM3U\n/etc/passwd",
        b"\x89PNG\r\n\x1a\n" + b"broken" * 10,
        picture()[:80],
        b"\x00\x00\x00\x18ftypmp42" + b"x" * 200,
        b"\x00\x00\x00\x18ftypheic" + b"x" * 200,
        b"plain text",
    ],
)
async def test_what_cannot_be_used_is_refused_and_not_kept(
    offline_api: httpx.AsyncClient, store: LocalStore, content: bytes
) -> None:
    answer = await add(offline_api, content)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "data"
    assert store.list("assets/ann") == []


@pytest.mark.parametrize(
    "path",
    [
        "../ben",
        "a//b",
        "/etc",
        "a/../b",
        "a/./b",
        "a%2fb",
        "a\\b",
        ".hidden",
        "ä",
        "a\u202eb",
        "a b",
    ],
)
async def test_tricks_with_paths_are_refused(offline_api: httpx.AsyncClient, path: str) -> None:
    assert (await add(offline_api, picture(), folder=path)).status_code == 422
    assert (await add(offline_api, picture(), name=path)).status_code == 422
    listed = await offline_api.get("/media", params={"folder": path}, headers=ANN)
    assert listed.status_code == 422
    gone = await offline_api.delete(f"/media/{path}", headers=ANN)
    assert 400 <= gone.status_code < 500


@pytest.mark.parametrize(
    "sent", [{}, {"data": ""}, {"data": "not base64!"}, {"data": 5}, {"data": "aGk=", "kind": "x"}]
)
async def test_a_body_that_is_no_upload_is_refused(
    offline_api: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    answer = await offline_api.post("/media", json=sent, headers=ANN)
    assert answer.status_code == 422


async def test_a_file_that_is_too_large_is_refused_before_it_is_decoded(
    offline_api: httpx.AsyncClient,
) -> None:
    answer = await offline_api.post("/media", json={"data": "A" * 43_000_000}, headers=ANN)
    assert answer.status_code in (413, 422)
    announced = await offline_api.post(
        "/media", content=b"{}", headers={**ANN, "content-length": "99999999"}
    )
    assert announced.status_code in (400, 413)
