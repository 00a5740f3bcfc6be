"""No folder, name or key that anybody sends leads out of their own prefix, on any route.

Every open, listing and change of a file under the store's directory and beside it is
watched while the tricks are tried.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.jobs.gateway import PrefectGateway
from api.routes.scenario_templates import EXAMPLE
from blocks.local_store import LocalStore
from tests.api.conftest import NOWHERE, PUBLIC_URL, client_of
from tests.api.test_media import picture

Api = httpx.AsyncClient
ANN = {"X-User-ID": "ann"}
CANARY = b"not for ann"

TRICKS = {
    "empty part": "a//b",
    "only a slash": "/",
    "slash first": "/ben",
    "slash last": "a/",
    "absolute": "/etc/passwd",
    "dot": ".",
    "dot inside": "a/./b",
    "up": "..",
    "up to another": "../ben",
    "up and up": "../../../../etc/passwd",
    "up inside": "a/../../ben",
    "dots": "...",
    "dots in a name": "a..b",
    "hidden": ".meta",
    "hidden inside": "a/.tmp",
    "backslash": "a\\b",
    "up by backslash": "..\\ben",
    "drive": "C:\\x",
    "stream": "a:b",
    "percent": "%2e%2e%2fben",
    "percent twice": "%252e%252e%252fben",
    "overlong slash": "..%c0%afben",
    "plus": "a+b",
    "NUL": "a\0b",
    "new line": "a\nb",
    "return": "a\r\nX: y",
    "escape": "a\x1bb",
    "delete": "a\x7fb",
    "C1": "a\x85b",
    "space": "a b",
    "space last": "a ",
    "space first": " a",
    "no-break space": "a\u00a0b",
    "dot last": "a.",
    "dot last inside": "a./b",
    "override": "a\u202eb",
    "isolate": "a\u2066b",
    "zero width": "a\u200bb",
    "byte order": "\ufeffa",
    "line separator": "a\u2028b",
    "not composed": "e\u0301",
    "composed": "\u00e9",
    "Russian": "папка",
    "Cyrillic a": "\u0430nn",
    "full-width dots": "\uff0e\uff0e/ben",
    "full-width slash": "..\uff0fben",
    "division slash": "a\u2215b",
    "two-dot leader": "\u2025/ben",
    "full-width letter": "\uff41",
    "surrogate": "a\ud800b",
    "emoji": "🎬",
    "tilde": "~",
    "home": "~root",
    "variable": "$HOME",
    "command": "`id`",
    "star": "*",
    "question": "a?b",
    "hash": "a#b",
    "quote": "a'b",
    "option": "-rf",
    "template": "{{x}}",
    "address": "file:///etc/passwd",
    "long": "a" * 5000,
    "long part": "a" * 241,
    "many parts": "/".join(["a"] * 600),
}


def _q(trick: str) -> str:
    return quote(trick.encode("utf-8", "surrogatepass"), safe="")


def _json(value: Any) -> dict[str, Any]:
    # ASCII, so that a lone surrogate arrives as it was written.
    return {
        "content": json.dumps(value).encode(),
        "headers": {**ANN, "Content-Type": "application/json"},
    }


_PICTURE = base64.b64encode(picture()).decode()
_SCENE = {"narration": "Tea is a leaf.", "on_screen_text": "Tea"}


def _library(spec: dict[str, str]) -> dict[str, Any]:
    scene = {**_SCENE, "visual": {"kind": "library", "spec": spec}}
    return {"storyboard": {"title": "Tea", "scenes": [scene]}}


#: Every way in which a folder, a name or a key can be sent.
ROUTES: dict[str, Callable[[Api, str], Awaitable[httpx.Response]]] = {
    "POST /media folder": lambda api, trick: api.post(
        "/media", **_json({"data": _PICTURE, "folder": trick})
    ),
    "POST /media name": lambda api, trick: api.post(
        "/media", **_json({"data": _PICTURE, "name": trick})
    ),
    "POST /media/uploads folder": lambda api, trick: api.post(
        "/media/uploads", **_json({"size_bytes": 5, "folder": trick})
    ),
    "POST /media/uploads name": lambda api, trick: api.post(
        "/media/uploads", **_json({"size_bytes": 5, "name": trick})
    ),
    "POST /media/uploads/…:complete": lambda api, trick: api.post(
        f"/media/uploads/{_q(trick)}:complete", headers=ANN
    ),
    "DELETE /media/uploads/…": lambda api, trick: api.delete(
        f"/media/uploads/{_q(trick)}", headers=ANN
    ),
    "PUT /uploads/…": lambda api, trick: api.put(f"/uploads/{_q(trick)}", content=b"x"),
    "GET /media?folder": lambda api, trick: api.get(f"/media?folder={_q(trick)}", headers=ANN),
    "GET /media?page_token": lambda api, trick: api.get(
        f"/media?page_token={_q(trick)}", headers=ANN
    ),
    "GET /media/shared?folder": lambda api, trick: api.get(
        f"/media/shared?folder={_q(trick)}", headers=ANN
    ),
    "DELETE /media/…": lambda api, trick: api.delete(f"/media/{_q(trick)}", headers=ANN),
    "PUT /scenarios/templates/…": lambda api, trick: api.put(
        f"/scenarios/templates/{_q(trick)}",
        content=EXAMPLE.encode(),
        headers={**ANN, "Content-Type": "application/yaml"},
    ),
    # A client would take dots away by itself, and ask for the list.
    "GET /scenarios/templates/…": lambda api, trick: api.get(
        f"/scenarios/templates/{_q(trick).replace('.', '%2E')}", headers=ANN
    ),
    "DELETE /scenarios/templates/…": lambda api, trick: api.delete(
        f"/scenarios/templates/{_q(trick)}", headers=ANN
    ),
    "POST /generate scenario": lambda api, trick: api.post(
        "/generate", **_json({"scenario": trick, "description": "Tea"})
    ),
    "GET /artifacts/…": lambda api, trick: api.get(
        f"/artifacts/{_q(trick)}?expires=9999999999&signature=0"
    ),
    "POST /videos background_folder": lambda api, trick: api.post(
        "/videos", **_json({"idea": "Tea", "background_folder": trick})
    ),
    "POST /videos library folder": lambda api, trick: api.post(
        "/videos", **_json(_library({"folder": trick}))
    ),
    "POST /videos library name": lambda api, trick: api.post(
        "/videos", **_json(_library({"folder": "a", "name": trick}))
    ),
}

_EVENTS = ("open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir", "os.link")
_watched: list[str] | None = None


def _on_event(event: str, args: tuple[Any, ...]) -> None:
    if _watched is not None and event in _EVENTS:
        _watched.extend(
            str(os.fsdecode(each)) for each in args[:2] if isinstance(each, str | bytes | Path)
        )


@pytest.fixture(scope="module", autouse=True)
def _hook() -> None:
    # There is no taking it away again: it does nothing while nobody watches.
    sys.addaudithook(_on_event)


@contextmanager
def watched() -> Iterator[list[str]]:
    """The paths that anything in this process touches meanwhile."""
    global _watched
    found: list[str] = []
    _watched = found
    try:
        yield found
    finally:
        _watched = None


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """One with something to steal: another's, the house's, and beside it."""
    made = LocalStore(tmp_path / "store", public_url=PUBLIC_URL, secret=b"of the tests")
    for key in ("assets/ben/x.png", "videos/ben/1/final.mp4", "cache/x/1", "shared/ours.png"):
        made.put(key, CANARY)
    (tmp_path / "outside.png").write_bytes(CANARY)
    return made


@pytest.fixture
async def api(store: LocalStore) -> AsyncIterator[Api]:
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store) as client:
        # An address with a slash too many leads to the one without it.
        client.follow_redirects = True
        yield client


def _tree(top: Path) -> dict[str, tuple[int, int]]:
    found = ((path, path.stat()) for path in sorted(top.rglob("*")) if path.is_file())
    return {str(path): (stat.st_mtime_ns, stat.st_size) for path, stat in found}


@pytest.mark.parametrize("route", ROUTES)
async def test_every_trick_on_every_route_is_refused_and_touches_nothing(
    route: str, api: Api, tmp_path: Path
) -> None:
    before = _tree(tmp_path)
    answers: dict[str, int] = {}
    with watched() as touched:
        for name, trick in TRICKS.items():
            answer = await ROUTES[route](api, trick)
            answers[name] = answer.status_code
            assert CANARY not in answer.content
    assert {name: code for name, code in answers.items() if not 400 <= code < 500} == {}
    assert _tree(tmp_path) == before
    parts = ("assets/ann", "uploads/ann", "scenarios/ann")
    own = tuple(str(tmp_path / "store" / part) for part in parts)
    stray = [
        path
        for path in touched
        if path.startswith((str(tmp_path), "/etc/passwd")) and not path.startswith(own)
    ]
    assert stray == []


@pytest.mark.parametrize("route", [each for each in ROUTES if each.endswith(("folder", "name"))])
async def test_what_is_no_trick_passes_the_same_door(route: str, api: Api) -> None:
    # 503: only Prefect is missing.
    assert (await ROUTES[route](api, "harbour-1")).status_code in (200, 201, 503)


async def test_the_watch_would_see_a_file_of_another(api: Api, tmp_path: Path) -> None:
    with watched() as touched:
        listed = await api.get("/media", headers={"X-User-ID": "ben"})
    assert listed.json()["media"][0]["name"] == "x.png"
    assert any(path.startswith(str(tmp_path / "store" / "assets/ben")) for path in touched)


@pytest.mark.parametrize("user", ["..", "ann/../ben", "ann/", ".ben", "ben.", "a" * 65, "\u0430nn"])
async def test_no_users_name_leads_into_anothers_shelf(user: str, api: Api) -> None:
    answer = await api.get("/media", headers={"X-User-ID": user.encode()})
    assert 400 <= answer.status_code < 500 or answer.json()["media"] == []
