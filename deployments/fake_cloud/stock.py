"""Pexels' and Pixabay's wire formats: searches, and the files that they lead to."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from deployments.fake_cloud.serving import Answer, serve
from deployments.fake_cloud.state import State
from deployments.fake_cloud.stock_media import clip, photo

#: How many results there are of any words; a word that is none has none.
RESULTS = 30
NOTHING = "zzzz"
#: The sizes of a clip's files, as its shorter side.
_SIDES_PX = {"large": 1080, "medium": 720, "small": 540, "tiny": 360}
_AUTHORS = ("Ada Field", "Иван Петров", "Mia Sørensen")

Work = Callable[[], Awaitable[Answer]]


def pexels_routes(state: State) -> APIRouter:
    """Photos under `/v1/search`, videos under `/v1/videos/search`; the key is a header."""
    router = APIRouter()

    async def searched(request: Request, operation: str) -> Response:
        async def work() -> Answer:
            given = request.headers.get("authorization", "")
            if not _known(state, "pexels", given):
                return Answer({"status": 401, "code": "Unauthorized"}, status=401)
            query = request.query_params
            ids = _ids(operation, query.get("query", ""), int(query.get("per_page", "15")))
            home = f"{str(request.base_url).rstrip('/')}/pexels"
            shape = query.get("orientation", "landscape")
            make = _pexels_photo if operation == "photos" else _pexels_video
            found = [make(home, each, shape) for each in ids]
            reset = {"x-ratelimit-reset": str(int(time.time()) + 86_400)}
            reply = {"page": 1, "per_page": len(found), operation: found, "total_results": len(ids)}
            return _counted(reply, reset)

        return await serve(state, request, "pexels", operation, work, key=str(request.query_params))

    @router.get("/v1/search")
    async def photos(request: Request) -> Response:
        return await searched(request, "photos")

    @router.get("/v1/videos/search")
    async def videos(request: Request) -> Response:
        return await searched(request, "videos")

    _add_files(router, state, "pexels")
    return router


def pixabay_routes(state: State) -> APIRouter:
    """Images under `/api/`, videos under `/api/videos/`; the key is a parameter."""
    router = APIRouter()

    async def searched(request: Request, operation: str) -> Response:
        async def work() -> Answer:
            query = request.query_params
            if not _known(state, "pixabay", query.get("key", "")):
                text = "[ERROR 400] Invalid or missing API key (https://pixabay.com/api/docs/)."
                return Answer(text, status=400, media_type="text/plain")
            ids = _ids(operation, query.get("q", ""), int(query.get("per_page", "20")))
            home = f"{str(request.base_url).rstrip('/')}/pixabay"
            shape = {"vertical": "portrait", "horizontal": "landscape"}.get(
                query.get("orientation", ""), ""
            )
            make = _pixabay_image if operation == "images" else _pixabay_video
            hits = [make(home, each, shape) for each in ids]
            reply = {"total": len(ids), "totalHits": len(ids), "hits": hits}
            return _counted(reply, {"x-ratelimit-reset": "55"})

        words = request.query_params.get("q", "")
        return await serve(state, request, "pixabay", operation, work, key=words)

    @router.get("/api/")
    async def images(request: Request) -> Response:
        return await searched(request, "images")

    @router.get("/api/videos/")
    async def videos(request: Request) -> Response:
        return await searched(request, "videos")

    _add_files(router, state, "pixabay")
    return router


def _add_files(router: APIRouter, state: State, vendor: str) -> None:
    """The files; calls of them are counted as those of `{vendor}-files`."""

    def answered(request: Request, operation: str, work: Work) -> Awaitable[Response]:
        return serve(state, request, f"{vendor}-files", operation, work, key=request.url.path)

    @router.get("/files/photos/{number}.jpeg")
    async def photo_file(request: Request, number: int, w: int = 1000, h: int = 1500) -> Response:
        async def work() -> Answer:
            data = await asyncio.to_thread(photo, number, (min(w, 4000), min(h, 4000)))
            return Answer(data, media_type="image/jpeg")

        return await answered(request, "photo", work)

    @router.get("/files/clips/{number}-{width}-{height}.mp4")
    async def clip_file(request: Request, number: int, width: int, height: int) -> Response:
        async def work() -> Answer:
            data = await asyncio.to_thread(clip, number, (width, height))
            return Answer(data, media_type="video/mp4")

        return await answered(request, "clip", work)


def _known(state: State, vendor: str, given: str) -> bool:
    wanted = state.keys.get(vendor)
    return bool(given) and (not wanted or given == wanted)


def _ids(operation: str, words: str, count: int) -> list[int]:
    """The same for the same words; the first of all words are the same: what is popular."""
    if not words or NOTHING in words:
        return []
    start = int.from_bytes(hashlib.sha256(f"{operation}{words}".encode()).digest()[:3], "big")
    own = [1_000_000 + (start + 7 * step) % 9_000_000 for step in range(RESULTS)]
    return [101, *own][:count]


def _size(number: int, shape: str) -> tuple[int, int]:
    """Of a large photo; where no shape was asked for, shapes alternate."""
    shape = shape or ("portrait" if number % 2 else "landscape")
    if shape == "square":
        return 3000, 3000
    return (3456, 5184) if shape == "portrait" else (5184, 3456)


def _files(home: str, number: int, shape: str) -> dict[str, tuple[str, int, int]]:
    across = shape == "landscape" or (not shape and number % 2 == 0)
    found = {}
    for name, side in _SIDES_PX.items():
        long = side if shape == "square" else side * 16 // 9
        width, height = (long, side) if across else (side, long)
        found[name] = f"{home}/files/clips/{number}-{width}-{height}.mp4", width, height
    return found


def _pexels_photo(home: str, number: int, shape: str) -> dict[str, Any]:
    width, height = _size(number, shape)
    original = f"{home}/files/photos/{number}.jpeg"
    return {
        "id": number,
        "width": width,
        "height": height,
        "url": f"https://www.pexels.com/photo/{number}/",
        "photographer": _AUTHORS[number % 3],
        "photographer_url": "https://www.pexels.com/@someone",
        "avg_color": "#978E82",
        "src": {
            "original": original,
            "large": f"{original}?w=940&h=650",
            "tiny": f"{original}?w=9",
        },
        "alt": "",
    }


def _pexels_video(home: str, number: int, shape: str) -> dict[str, Any]:
    files = _files(home, number, shape)
    _, width, height = files["large"]
    return {
        "id": number,
        "width": width,
        "height": height,
        "duration": 5,
        "url": f"https://www.pexels.com/video/{number}/",
        "image": f"{home}/files/photos/{number}.jpeg",
        "user": {"id": 7, "name": _AUTHORS[number % 3], "url": "https://www.pexels.com/@someone"},
        "video_files": [
            {"id": 1, "quality": "hls", "file_type": "application/x-mpegURL", "width": None,
             "height": None, "link": f"{home}/files/clips/{number}.m3u8"},
            *(
                {"id": 2, "quality": "hd", "file_type": "video/mp4", "width": width,
                 "height": height, "fps": 25.0, "link": link}
                for link, width, height in files.values()
            ),
        ],
    }  # fmt: skip


def _pixabay_image(home: str, number: int, shape: str) -> dict[str, Any]:
    width, height = _size(number, shape)
    scale = 1280 / max(width, height)
    size = f"w={round(width * scale)}&h={round(height * scale)}"
    return {
        "id": number,
        "pageURL": f"https://pixabay.com/photos/{number}/",
        "type": "photo",
        "imageWidth": width,
        "imageHeight": height,
        "webformatURL": f"{home}/files/photos/{number}.jpeg?w=427&h=640",
        "largeImageURL": f"{home}/files/photos/{number}.jpeg?{size}",
        "user_id": 9,
        "user": _AUTHORS[number % 3],
    }


def _pixabay_video(home: str, number: int, shape: str) -> dict[str, Any]:
    return {
        "id": number,
        "pageURL": f"https://pixabay.com/videos/id-{number}/",
        "type": "film",
        "duration": 6,
        "videos": {
            name: {"url": link, "width": width, "height": height, "size": 1, "thumbnail": ""}
            for name, (link, width, height) in _files(home, number, shape).items()
        },
        "user_id": 9,
        "user": _AUTHORS[number % 3],
    }


def _counted(reply: dict[str, Any], reset: dict[str, str]) -> Answer:
    headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "99", **reset}
    return Answer(reply, model="search", units={"request": 1}, headers=headers)
