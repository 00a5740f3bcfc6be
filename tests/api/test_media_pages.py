"""GET /media in pages: by name, each file once, while others come and go."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from blocks.local_store import LocalStore
from tests.api.test_media import ANN, BEN

Api = httpx.AsyncClient


@pytest.fixture
def names(store: LocalStore) -> list[str]:
    """The names of 25 files of ann's, in their order, in two folders and in none."""
    paths = [f"{folder}x{number}.png" for number in range(12) for folder in ("a/", "b/")]
    for path in (*paths, "top.png"):
        store.put(f"assets/ann/{path}", path.encode())
    return sorted((*paths, "top.png"))


async def page(api: Api, **params: object) -> tuple[list[str], str | None]:
    answer = await api.get("/media", params=params, headers=ANN)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    shown = ["/".join(filter(None, (each["folder"], each["name"]))) for each in told["media"]]
    return shown, told.get("next_page_token")


async def test_pages_give_every_file_once_in_order(offline_api: Api, names: list[str]) -> None:
    found: list[str] = []
    token: str | None = ""
    sizes = []
    while token is not None:
        shown, token = await page(offline_api, page_size=10, page_token=token)
        found += shown
        sizes.append(len(shown))
    assert found == names
    assert sizes == [10, 10, 5]
    assert await page(offline_api) == (names, None)
    assert await page(offline_api, page_size=25) == (names, None)


async def test_what_comes_and_goes_between_pages_moves_no_other_file(
    offline_api: Api, names: list[str], store: LocalStore
) -> None:
    first, token = await page(offline_api, page_size=10)
    store.delete(f"assets/ann/{first[-1]}")
    store.delete(f"assets/ann/{names[10]}")
    store.put("assets/ann/a/aa.png", b"new")
    second, _ = await page(offline_api, page_size=10, page_token=token)
    assert second == names[11:21]


async def test_a_folder_has_pages_of_its_own(offline_api: Api, names: list[str]) -> None:
    inside = [name for name in names if name.startswith("b/")]
    first, token = await page(offline_api, folder="b", page_size=7)
    second, last = await page(offline_api, folder="b", page_size=7, page_token=token)
    assert (first + second, last) == (inside, None)
    assert await page(offline_api, folder="none") == ([], None)
    elsewhere = {"folder": "a", "page_token": token}
    answer = await offline_api.get("/media", params=elsewhere, headers=ANN)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "page_token")


@pytest.mark.parametrize("size", ["0", "-1", "201", "1e9", "x", ""])
async def test_a_page_has_a_size(offline_api: Api, size: str) -> None:
    answer = await offline_api.get("/media", params={"page_size": size}, headers=ANN)
    assert answer.status_code == 422


@pytest.mark.usefixtures("names")
async def test_no_token_leads_to_anothers_files(offline_api: Api, store: LocalStore) -> None:
    store.put("assets/ben/secret.png", b"ben's")
    for after in ("../ben/", "../../", "", "\0"):
        body = json.dumps({"folder": "", "after": after}).encode()
        token = base64.urlsafe_b64encode(body).decode().rstrip("=")
        shown, _ = await page(offline_api, page_token=token)
        assert not any("secret" in name for name in shown)
        answer = await offline_api.get("/media", params={"page_token": token}, headers=BEN)
        assert {each["name"] for each in answer.json()["media"]} <= {"secret.png"}


async def test_shared_files_have_pages_too(offline_api: Api, store: LocalStore) -> None:
    for number in range(3):
        store.put(f"shared/{number}.png", b"x")
    first = (await offline_api.get("/media/shared?page_size=2", headers=BEN)).json()
    token = first["next_page_token"]
    rest = await offline_api.get(f"/media/shared?page_size=2&page_token={token}", headers=BEN)
    names = [each["name"] for each in (*first["media"], *rest.json()["media"])]
    assert names == ["0.png", "1.png", "2.png"]
