"""A film that was really packaged, and the live API that serves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

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
    made: Made

    def finish(self) -> None:
        """Let it be packaged."""
        store = LocalStore(self.api.log.parent / "data" / "store", public_url="", secret=b"")
        self.made.put(store, "ann", self.told["id"])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def films_api(prefect_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    with serving(prefect_url, tmp_path_factory.mktemp("films")) as api:
        yield api


@pytest.fixture(scope="session")
def playable(films_api: LiveApi, made: Made) -> Playable:
    film = taken(films_api, made, "Весна в Киото")
    film.finish()
    return film


@pytest.fixture
def early(films_api: LiveApi, made: Made) -> Playable:
    """A film that waits to be packaged."""
    return taken(films_api, made, "Later")


def taken(api: LiveApi, made: Made, title: str) -> Playable:
    with httpx.Client(base_url=api.url, headers={"X-API-Key": api.key}) as ann:
        film = {"title": title, "url": f"https://media.example.org/{uuid4().hex}.mp4"}
        answer = ann.post("/api/videos", json=film)
        assert answer.status_code == 201, answer.text
        told = ann.get(f"/api/videos/{answer.json()['id']}").json()
    return Playable(api, told, made)
