"""Two users: every route of the app is walked as one against the other's things.

A route that is new fails here until `ROUTES` says what another user gets to see of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from api.routes.scenario_templates import EXAMPLE
from reels.webhooks.registry import Registry, WantedWebhook
from tests.api.conftest import StageHand
from tests.api.test_media import picture

LIMIT_S = 20
MASTER = b"""#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=150000,CODECS="avc1.64000d",RESOLUTION=234x416
v234/index.m3u8
"""


class Seen(Enum):
    """What is seen of somebody else's things."""

    #: 404, as for what has never been. For its owner it is anything else.
    GONE = "404"
    #: 200, and every list in it is empty. For its owner one is not.
    EMPTY = "empty lists"
    #: It names nothing that could be somebody else's: it makes or tells what is one's own.
    OWN = "one's own"
    #: It is for everybody, or for whoever holds a signed link.
    OPEN = "everybody's"


@dataclass(frozen=True)
class Entry:
    """What is seen at a route, and the body that is sent there."""

    seen: Seen
    body: dict[str, Any] | None = None


#: Parts of paths are named as in `Things.parts`.
ROUTES: dict[str, Entry] = {
    "GET /videos": Entry(Seen.EMPTY),
    "POST /videos": Entry(Seen.OWN),
    "GET /videos/{video_id}": Entry(Seen.GONE),
    "GET /videos/{video_id}/events": Entry(Seen.GONE),
    "WS /videos/{video_id}/ws": Entry(Seen.GONE),
    "GET /events": Entry(Seen.OWN),
    "WS /ws": Entry(Seen.OWN),
    "POST /videos/{video_id}/draft:approve": Entry(Seen.GONE),
    "POST /videos/{video_id}/subtitles:approve": Entry(Seen.GONE, {"action": "approve"}),
    "POST /videos/{video_id}:cancel": Entry(Seen.GONE),
    "POST /videos/{video_id}:retry": Entry(Seen.GONE),
    "GET /api/v1/video/status/{job_id}": Entry(Seen.GONE),
    "POST /api/v1/video/generate": Entry(Seen.OWN),
    "POST /create-video": Entry(Seen.OWN),
    "POST /api/videos": Entry(Seen.OWN),
    "GET /api/videos/{video_id}": Entry(Seen.GONE),
    "GET /hls/{video_id}.m3u8": Entry(Seen.GONE),
    "GET /hls/{video_id}/thumbnails.vtt": Entry(Seen.GONE),
    "GET /hls/{video_id}/{track}/{playlist}": Entry(Seen.GONE),
    "GET /watch/{video_id}": Entry(Seen.GONE),
    "GET /watch/assets/{name}": Entry(Seen.OPEN),
    "POST /ideas:expand": Entry(Seen.OWN),
    "GET /voices": Entry(Seen.OWN),
    "GET /media": Entry(Seen.EMPTY),
    "GET /media/shared": Entry(Seen.OPEN),
    "POST /media": Entry(Seen.OWN),
    "DELETE /media/{path}": Entry(Seen.GONE),
    "POST /media/uploads": Entry(Seen.OWN),
    "POST /media/uploads/{upload_id}:complete": Entry(Seen.GONE),
    "DELETE /media/uploads/{upload_id}": Entry(Seen.GONE),
    "PUT /uploads/{token}": Entry(Seen.OPEN),
    "GET /webhooks": Entry(Seen.EMPTY),
    "POST /webhooks": Entry(Seen.OWN),
    "GET /webhooks/secret": Entry(Seen.OWN),
    "POST /webhooks/secret:rotate": Entry(Seen.OWN),
    "POST /webhooks/{webhook_id}:enable": Entry(Seen.GONE),
    "POST /webhooks/{webhook_id}:test": Entry(Seen.GONE),
    "DELETE /webhooks/{webhook_id}": Entry(Seen.GONE),
    "POST /generate": Entry(Seen.OWN),
    "GET /scenarios": Entry(Seen.EMPTY),
    "GET /scenarios/templates": Entry(Seen.OWN),
    "GET /scenarios/templates/{name}": Entry(Seen.GONE),
    "PUT /scenarios/templates/{name}": Entry(Seen.OWN),
    "DELETE /scenarios/templates/{name}": Entry(Seen.GONE),
    "GET /scenarios/{scenario_id}": Entry(Seen.GONE),
    "GET /scenarios/{scenario_id}/graph": Entry(Seen.GONE),
    "POST /scenarios/{scenario_id}:cancel": Entry(Seen.GONE),
    "POST /scenarios/{scenario_id}:retry": Entry(Seen.GONE),
    "GET /tasks/{task_id}": Entry(Seen.GONE),
    "PATCH /tasks/{task_id}/status": Entry(Seen.GONE, {"status": "processing"}),
    "POST /tasks/{task_id}:claim": Entry(Seen.GONE),
    "POST /tasks:claim": Entry(Seen.OWN),
    "GET /artifacts/{key}": Entry(Seen.OPEN),
    "GET /health": Entry(Seen.OPEN),
    "GET /metrics": Entry(Seen.OPEN),
    "GET /openapi.json": Entry(Seen.OPEN),
    "GET /docs": Entry(Seen.OPEN),
    "GET /docs/oauth2-redirect": Entry(Seen.OPEN),
}


@dataclass(frozen=True)
class Things:
    """What is Ann's: the parts of paths that lead to it."""

    app: FastAPI
    api: httpx.AsyncClient
    ann: str
    parts: dict[str, str]

    async def visit(self, route: str, user: str) -> httpx.Response:
        """Call a route of `ROUTES` that leads to Ann's things, as `user`."""
        headers = {"X-User-ID": user}
        method, _, path = re.sub(r"\{(\w+)\}", lambda found: self.parts[found[1]], route).partition(
            " "
        )
        if method == "WS":
            return httpx.Response((await knock(self.app, path, headers)).status)
        async with asyncio.timeout(LIMIT_S):
            return await self.api.request(method, path, json=ROUTES[route].body, headers=headers)


class Answer(NamedTuple):
    """How a WebSocket is answered: 101 when it is accepted, and with which subprotocol."""

    status: int
    subprotocol: str | None


async def knock(
    app: Any, path: str, headers: Mapping[str, str], subprotocols: Sequence[str] = ()
) -> Answer:
    """Open a WebSocket, and leave once it is accepted."""
    coming: Iterator[dict[str, Any]] = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    )
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"Host": "videos.test", **headers}.items()
        ],
        "subprotocols": list(subprotocols),
        "extensions": {"websocket.http.response": {}},
    }
    await app(scope, receive, send)
    first = told[0]
    statuses = {"websocket.accept": 101, "websocket.close": 403}
    status = int(statuses.get(first["type"]) or first["status"])
    return Answer(status, first.get("subprotocol"))


def routes_of(app: FastAPI) -> Iterator[str]:
    """Every route as `METHOD /path`, those of routers within routers too."""
    for route, path in _flat(app.routes):
        plain = re.sub(r":\w+\}", "}", path)
        methods = set(getattr(route, "methods", None) or {"WS"}) - {"HEAD"}
        yield from (f"{method} {plain}" for method in methods)


def _flat(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[BaseRoute, str]]:
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is not None:
            context = route.include_context  # type: ignore[attr-defined]
            yield from _flat(router.routes, prefix + context.prefix)
        elif isinstance(route, Mount):
            yield from _flat(route.routes, prefix + route.path)
        else:
            yield route, prefix + getattr(route, "path", "?")


@pytest.fixture
async def things(stage_hand: StageHand) -> Things:
    """A job of Ann's that waits with a draft, a picture, an upload on its way and a webhook."""
    ann = f"ann-{uuid4().hex}"
    job = await stage_hand.new_job(user=ann)
    await stage_hand.run(job, "drafting")
    stage_hand.put(job, "poster.jpg", b"a poster", user=ann)
    stage_hand.put(job, "hls/master.m3u8", MASTER, user=ann)
    stage_hand.put(job, "hls/v234/index.m3u8", b"#EXTINF:6,\ns00000.m4s\n", user=ann)
    stage_hand.put(job, "hls/thumbnails.vtt", b"WEBVTT\n", user=ann)
    await stage_hand.wait_in(job, "draft_review", suspended=True)
    stage_hand.store.put(f"assets/{ann}/backgrounds/tea.png", picture())
    wanted = {"name": "clip.mp4", "size_bytes": 10_000_000}
    upload = await stage_hand.api.post("/media/uploads", json=wanted, headers={"X-User-ID": ann})
    assert upload.status_code == 201, upload.text
    address = WantedWebhook(url="https://hooks.example.org/ann")
    webhook = Registry(stage_hand.store, ann).add(address)
    scenario = await _scenario(stage_hand, ann)
    parts = {
        "scenario_id": scenario["scenario_id"],
        "task_id": scenario["tasks"][0]["id"],
        "name": "OneText",
        "video_id": job,
        "job_id": job,
        "path": "backgrounds/tea.png",
        "upload_id": upload.json()["upload_id"],
        "webhook_id": str(webhook.id),
        "track": "v234",
        "playlist": "index.m3u8",
    }
    app = stage_hand.api._transport.app  # type: ignore[attr-defined]
    return Things(app, stage_hand.api, ann, parts)


async def _scenario(stage_hand: StageHand, user: str) -> dict[str, Any]:
    """A scenario of the user's own template, whose task an outside worker may take."""
    headers = {"X-User-ID": user, "Content-Type": "application/yaml"}
    template = EXAMPLE.replace("service:", "worker: outside\n    service:")
    kept = await stage_hand.api.put(
        "/scenarios/templates/OneText", content=template.encode(), headers=headers
    )
    assert kept.status_code == 200, kept.text
    asked = {"scenario": "OneText", "description": "Tea"}
    made = await stage_hand.api.post("/generate", json=asked, headers={"X-User-ID": user})
    assert made.status_code == 202, made.text
    return dict(made.json())


async def test_every_route_says_what_is_seen_of_other_peoples_things(things: Things) -> None:
    found = set(routes_of(things.app))
    assert found <= set(ROUTES), "add an entry to ROUTES for each of these"
    described = {
        f"{method.upper()} {path}"
        for path, operations in things.app.openapi()["paths"].items()
        for method in operations
    }
    assert described <= found, "the walk has missed these"


async def test_of_anothers_things_nothing_is_there_on_any_route_and_nothing_happens_to_them(
    things: Things, stage_hand: StageHand
) -> None:
    job, ben = things.parts["video_id"], f"ben-{uuid4().hex}"
    routes = sorted(set(routes_of(things.app)))

    before = await stage_hand.read(job, user=things.ann)
    seen = {route: await things.visit(route, ben) for route in routes if _is(route, Seen.GONE)}
    lists = {route: await things.visit(route, ben) for route in routes if _is(route, Seen.EMPTY)}

    assert {route: answer.status_code for route, answer in seen.items()} == dict.fromkeys(seen, 404)
    for route, answer in lists.items():
        assert answer.status_code == 200, route
        assert _items(answer.json()) == [], route
    after = await stage_hand.read(job, user=things.ann)
    assert after["status"] == "draft_review"
    assert _unsigned(after) == _unsigned(before)


async def test_what_is_anothers_is_refused_in_the_words_of_what_has_never_been(
    things: Things,
) -> None:
    none, no_id = str(uuid4()), "0" * 20
    named = {"path": "none.png", "track": "v234", "playlist": "index.m3u8"}
    named |= {"scenario_id": no_id, "task_id": no_id, "name": "NoText"}
    parts = {name: named.get(name, none) for name in things.parts}
    never = replace(things, parts=parts)
    for route in sorted(set(routes_of(things.app))):
        if _is(route, Seen.GONE) and not route.startswith("WS"):
            foreign = (await things.visit(route, "ben")).text
            for name, part in things.parts.items():
                foreign = foreign.replace(part, parts[name])
            assert foreign == (await never.visit(route, "ben")).text, route


async def test_their_owner_finds_them_on_every_one_of_these_routes(things: Things) -> None:
    # A test of a webhook would go out to the world.
    routes = (set(routes_of(things.app)) & set(ROUTES)) - {"POST /webhooks/{webhook_id}:test"}
    for route in sorted(routes, key=_order):
        if _is(route, Seen.GONE):
            assert (await things.visit(route, things.ann)).status_code != 404, route
        elif _is(route, Seen.EMPTY):
            assert _items((await things.visit(route, things.ann)).json()) != [], route


def _is(route: str, seen: Seen) -> bool:
    return ROUTES[route].seen is seen


def _order(route: str) -> int:
    """What ends a job comes late, what waits for its end after that, what takes away last."""
    if route.startswith("DELETE"):
        return 4
    late = {":cancel": 1, "/events": 2, "/ws": 2, ":retry": 3}
    return next((rank for end, rank in late.items() if route.endswith(end)), 0)


def _items(body: Any) -> list[Any]:
    """What is in all lists of an answer."""
    lists = [each for each in body.values() if isinstance(each, list)]
    assert lists, "an answer without a list"
    return [item for each in lists for item in each]


def _unsigned(job: dict[str, Any]) -> str:
    """A job without what the signing of links changes from one second to the next."""
    return re.sub(r"[?&](expires|signature)=[^'\"&]*", "", str(job))
