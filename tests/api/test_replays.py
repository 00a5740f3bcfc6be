"""A repeated POST with an Idempotency-Key gives what the first one gave."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis
from fastapi import Depends, FastAPI, Response
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from api.doors import replays
from api.doors.door import Door, Router
from api.doors.guards import body_of
from api.doors.replays import name_of
from api.identity import User
from api.jobs.gateway import PrefectGateway
from api.memory import Memory, OwnMemory, RedisMemory
from blocks.local_store import LocalStore
from reels.errors import Conflict, LimitReached, Unavailable
from tests.api.conftest import NOWHERE
from tests.api.limit_kit import app_of, client_from, served
from tests.redis_kit import RedisServer, running_redis

KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


class Order(BaseModel):
    text: str = ""


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=["own", "redis"])
async def memory(request: pytest.FixtureRequest) -> AsyncIterator[Memory]:
    if request.param == "own":
        yield OwnMemory()
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    with redis.Redis(port=server.port) as client:
        client.flushall()
    held = RedisMemory(server.url)
    yield held
    await held.close()


class Counter:
    """Routes that count what they do: `go` lets them end, `fails` is what they raise."""

    def __init__(self) -> None:
        self.done = 0
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.fails: Exception | None = None

    def router(self) -> Any:
        router = Router()

        @router.post("/orders/{number}", status_code=201)
        async def order(
            number: int, user: User, response: Response, asked: Annotated[Order, Depends(READ)]
        ) -> dict[str, Any]:
            self.begun.set()
            await self.go.wait()
            if self.fails:
                raise self.fails
            self.done += 1
            response.headers["Location"] = f"/orders/{number}/{self.done}"
            return {"user": user, "text": asked.text, "done": self.done}

        @router.post("/rings", status_code=202)
        async def ring(_user: User) -> dict[str, int]:
            self.done += 1
            return {"done": self.done}

        return router


READ = body_of(Order, root="text", may_be_empty=True, limit=lambda _request: 5_000_000)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
async def app(store: LocalStore, memory: Memory, counter: Counter) -> AsyncIterator[FastAPI]:
    async with PrefectGateway(NOWHERE) as gateway:
        app = app_of(gateway, store, memory=memory)
        app.include_router(counter.router())
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_from(app) as client:
        yield client


async def test_the_first_answer_is_replayed_with_its_headers_and_nothing_is_done_again(
    api: httpx.AsyncClient, counter: Counter
) -> None:
    async def post() -> httpx.Response:
        return await api.post("/orders/7", json={"text": "чай"}, headers={KEY: "k"})

    first, again = await post(), await post()

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"] == "/orders/7/1"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers[REPLAYED] == "true"
    assert REPLAYED not in first.headers
    assert counter.done == 1


async def test_what_an_editor_was_answered_is_not_told_to_who_is_none_any_more(
    api: httpx.AsyncClient, counter: Counter
) -> None:
    answers = [
        await api.post("/orders/1", json={}, headers={KEY: "k", "X-User-ID": "eve", **role})
        for role in ({"X-User-Role": "editor"}, {}, {"X-User-Role": "editor"})
    ]

    assert [REPLAYED in answer.headers for answer in answers] == [False, False, True]
    assert counter.done == 2


async def test_a_key_counts_for_one_user_and_one_route(
    api: httpx.AsyncClient, counter: Counter
) -> None:
    for path, user in (("/orders/7", "ann"), ("/orders/7", "bob"), ("/rings", "ann")):
        answer = await api.post(path, headers={KEY: "k", "X-User-ID": user})
        assert answer.is_success

    assert counter.done == 3


@pytest.mark.parametrize(
    ("path", "body"),
    [("/orders/7", b'{"text": "b"}'), ("/orders/8", b'{"text": "a"}'), ("/orders/7?x=1", b"{}")],
)
async def test_a_key_with_another_body_or_path_is_refused(
    api: httpx.AsyncClient, counter: Counter, path: str, body: bytes
) -> None:
    headers = {KEY: "k", "Content-Type": "application/json"}
    await api.post("/orders/7", content=b'{"text": "a"}', headers=headers)

    answer = await api.post(path, content=body, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == KEY
    assert counter.done == 1


async def test_a_route_without_a_body_tells_other_bodies_apart_too_and_bounds_them(
    api: httpx.AsyncClient, counter: Counter
) -> None:
    assert (await api.post("/rings", headers={KEY: "k"})).status_code == 202
    assert (await api.post("/rings", content=b"x", headers={KEY: "k"})).status_code == 422
    for key in ("k", "new"):
        for content in (b"x" * 1_000_001, _chunks(1_000_001)):
            answer = await api.post("/rings", content=content, headers={KEY: key})
            assert answer.status_code == 413

    assert counter.done == 1


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 65_536):
        yield b"x" * 65_536


async def test_a_repeat_with_too_large_a_body_is_refused_as_the_first_one_would_be(
    api: httpx.AsyncClient,
) -> None:
    headers = {KEY: "k", "Content-Type": "application/json"}
    await api.post("/orders/7", content=b"{}", headers=headers)

    answer = await api.post("/orders/7", content=_chunks(6_000_000), headers=headers)

    assert answer.status_code == 413


async def test_while_the_first_is_worked_on_others_get_a_409_and_then_its_answer(
    api: httpx.AsyncClient, counter: Counter
) -> None:
    async def post() -> httpx.Response:
        return await api.post("/orders/7", json={}, headers={KEY: "k"})

    counter.go.clear()
    first = asyncio.create_task(post())
    await counter.begun.wait()

    assert (await post()).status_code == 409
    counter.go.set()
    assert (await first).status_code == 201
    assert (await post()).content == (await first).content
    assert counter.done == 1


async def test_of_fifty_posts_at_once_over_real_connections_one_takes_effect(
    app: FastAPI, counter: Counter
) -> None:
    limits = httpx.Limits(max_connections=50)
    async with served(app) as url, httpx.AsyncClient(base_url=url, limits=limits) as api:
        answers = await asyncio.gather(
            *(api.post("/orders/7", json={"text": "a"}, headers={KEY: "k"}) for _ in range(50))
        )

    assert counter.done == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    good = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in good}) == 1
    assert sum(REPLAYED not in answer.headers for answer in good) == 1


async def test_two_processes_that_share_a_redis_do_it_once(
    store: LocalStore, redis_server: RedisServer, counter: Counter
) -> None:
    async with PrefectGateway(NOWHERE) as gateway:
        answers = []
        apps = []
        for _ in range(2):
            app = app_of(gateway, store, memory=RedisMemory(redis_server.url))
            app.include_router(counter.router())
            apps.append(app)
        async with client_from(apps[0]) as one, client_from(apps[1]) as other:
            key = uuid4().hex
            answers = await asyncio.gather(
                *(api.post("/rings", headers={KEY: key}) for api in (one, other) * 10)
            )
            again = await other.post("/rings", headers={KEY: key})
        for app in apps:
            await app.state.services.memory.close()

    assert counter.done == 1
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert again.headers[REPLAYED] == "true"


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("away"),
        LimitReached("too many", retry_after_s=1),
        Conflict("not now"),
        RuntimeError("a fault"),
    ],
)
async def test_refusals_and_failures_are_not_kept(
    api: httpx.AsyncClient, counter: Counter, error: Exception
) -> None:
    counter.fails = error
    failed = await api.post("/orders/7", json={}, headers={KEY: "k"})
    counter.fails = None

    answer = await api.post("/orders/7", json={}, headers={KEY: "k"})

    assert failed.status_code >= 409
    assert answer.status_code == 201
    assert REPLAYED not in answer.headers


async def test_a_body_that_was_refused_may_be_mended_under_the_same_key(
    api: httpx.AsyncClient, counter: Counter
) -> None:
    refused = await api.post("/orders/7", json={"text": 7}, headers={KEY: "k"})
    answer = await api.post("/orders/7", json={"text": "7"}, headers={KEY: "k"})

    assert (refused.status_code, answer.status_code) == (422, 201)


async def test_a_process_that_dies_holds_the_key_no_longer_than_its_claim_lives(
    api: httpx.AsyncClient, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await memory.put(name_of("dev", "/rings", "k"), b"?dead", 1.5)
    answers = [(await api.post("/rings", headers={KEY: "k"})).status_code]
    async with asyncio.timeout(20):
        while answers[-1] == 409:
            await asyncio.sleep(0.05)
            answers.append((await api.post("/rings", headers={KEY: "k"})).status_code)

    assert answers[0] == 409
    assert answers[-1] == 202


async def test_a_claim_is_renewed_while_the_work_goes_on(
    api: httpx.AsyncClient, memory: Memory, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "CLAIM_S", 0.9)
    counter.go.clear()
    first = asyncio.create_task(api.post("/orders/7", json={}, headers={KEY: "k"}))
    await counter.begun.wait()

    await asyncio.sleep(1.5)
    held = await memory.get(name_of("dev", "/orders/{number}", "k"))
    counter.go.set()

    assert held is not None
    assert (await first).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ".encode()])
async def test_what_is_no_key_is_refused_on_every_route(
    api: httpx.AsyncClient, counter: Counter, key: str | bytes
) -> None:
    for path in ("/rings", "/orders/7"):
        answer = await api.post(path, headers=[(b"Idempotency-Key", _bytes(key))])

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == KEY
    assert counter.done == 0


async def test_two_keys_are_none(api: httpx.AsyncClient, counter: Counter) -> None:
    answer = await api.post("/rings", headers=[(KEY, "a"), (KEY, "b")])

    assert answer.status_code == 422
    assert counter.done == 0


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


async def test_without_the_memory_a_key_is_a_503_and_a_post_without_one_goes_on(
    store: LocalStore, counter: Counter
) -> None:
    memory = RedisMemory("redis://127.0.0.1:9/0")
    async with PrefectGateway(NOWHERE) as gateway:
        app = app_of(gateway, store, memory=memory)
        app.include_router(counter.router())
        async with client_from(app) as api:
            with_key = await api.post("/rings", headers={KEY: "k"})
            without = await api.post("/rings")
    await memory.close()

    assert (with_key.status_code, without.status_code) == (503, 202)
    assert "Retry-After" in with_key.headers


async def test_every_post_route_of_the_app_has_a_door_and_honours_the_key(
    store: LocalStore,
) -> None:
    memory = OwnMemory()
    async with PrefectGateway(NOWHERE) as gateway:
        app = app_of(gateway, store, memory=memory)
        routes = [
            each for each in iter_route_contexts(app.routes) if "POST" in (each.methods or ())
        ]
        async with client_from(app) as api:
            for route in routes:
                assert isinstance(route.original_route, Door), route.path
                short = re.sub(r"\{\w+:short_id\}", "7" * 20, str(route.path))
                path = re.sub(r"\{\w+(:\w+)?\}", str(UUID(int=7)), short)
                await memory.put(name_of("dev", str(route.path), "k"), b"?", 30)
                answer = await api.post(path, json={}, headers={KEY: "k"})
                assert answer.status_code == 409, path
                assert "still being worked on" in answer.json()["detail"], path

    assert len(routes) >= 10


async def test_every_route_with_a_handler_of_ours_is_a_door(store: LocalStore) -> None:
    async with PrefectGateway(NOWHERE) as gateway:
        app = app_of(gateway, store)
    found = [each.original_route for each in iter_route_contexts(app.routes)]

    ours = [each for each in found if isinstance(each, APIRoute)]
    assert ours
    assert [each.path for each in ours if not isinstance(each, Door)] == []


async def test_the_document_names_the_key_and_its_answers_on_every_post(store: LocalStore) -> None:
    async with PrefectGateway(NOWHERE) as gateway:
        document = app_of(gateway, store).openapi()
    posts = [path["post"] for path in document["paths"].values() if "post" in path]

    assert posts
    for post in posts:
        named = [each["name"] for each in post["parameters"]]
        assert named.count(KEY) == 1
        assert {"409", "413", "422", "429"} <= set(post["responses"])
        good = [answer for status, answer in post["responses"].items() if status[0] == "2"]
        assert all(REPLAYED in answer["headers"] for answer in good)
