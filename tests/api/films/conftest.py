"""A film that was really packaged, and the live API that serves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.local_store import LocalStore
from tests.api.document.live import LiveApi, serving
from tests.api.films.packages import Made, make


@dataclass(frozen=True)
class Playable:
    """A film of Ann's on a live API, as its owner is told of it."""

    api: LiveApi
    told: dict[str, Any]
    variants: tuple[str, ...]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def films_api(prefect_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    with serving(prefect_url, tmp_path_factory.mktemp("films")) as api:
        yield api


@pytest.fixture(scope="session")
def playable(films_api: LiveApi, made: Made) -> Playable:
    with httpx.Client(base_url=films_api.url, headers={"X-API-Key": films_api.key}) as ann:
        film = {"title": "Весна <в> «Киото» & 春", "url": "https://media.example.org/kyoto.mp4"}
        answer = ann.post("/api/videos", json=film)
        assert answer.status_code == 201, answer.text
        job = answer.json()["id"]
        store = LocalStore(store_of(films_api), public_url="", secret=b"")
        made.put(store, "ann", job)
        return Playable(films_api, ann.get(f"/api/videos/{job}").json(), made.names)


def store_of(api: LiveApi) -> Path:
    return api.log.parent / "data" / "store"
