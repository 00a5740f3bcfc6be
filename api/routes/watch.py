"""The page on which a film is watched, and what it is made of."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Path, Request, Response
from fastapi.responses import HTMLResponse

from api.doors.door import Router
from api.films.negotiating import sent
from api.films.page import ASSETS, Page, apology, asset, policy, rendered, spoken
from api.films.passes import Scope
from api.films.shelf import Film
from api.films.viewing import Signed, viewed
from api.problems import responses
from api.services import Deps, Services
from reels.errors import (
    ArtifactMissing,
    Forbidden,
    LinkRefused,
    NotFound,
    ReelsError,
    Unauthenticated,
)

router = Router(prefix="/watch", tags=["films"])

#: While nothing is known of the picture.
_UPRIGHT: Final = (9, 16)
_APOLOGIES: Final[dict[type[ReelsError], int]] = {
    Unauthenticated: 401,
    Forbidden: 403,
    LinkRefused: 403,
    NotFound: 404,
}


@router.head("/assets/{name}", include_in_schema=False)
@router.get("/assets/{name}", include_in_schema=False)
async def read_asset(
    name: Annotated[str, Path(max_length=40)],
    request: Request,
) -> Response:
    """A script or a style of the page's."""
    if name not in ASSETS:
        raise NotFound(f"There is nothing at {request.url.path}.")
    found = asset(name)
    headers = {"Cache-Control": "public, no-cache", "X-Content-Type-Options": "nosniff"}
    return sent(request, found, found.media_type, headers)


@router.head("/{video_id:uuid}", include_in_schema=False)
@router.get("/{video_id:uuid}", response_class=HTMLResponse, responses=responses(401, 403, 404))
async def watch_film(
    video_id: UUID,
    request: Request,
    services: Deps,
    shown: Signed,
    accept_language: Annotated[str, Header(max_length=1_000)] = "",
) -> Response:
    """A page with a player: sizes, subtitles, pictures for seeking; in English or Russian."""
    language = spoken(accept_language)
    try:
        film = await viewed(request, services, Scope.FILM, video_id, shown)
        title = await _title(services, film)
    except tuple(_APOLOGIES) as error:
        # Programs get the problem; people in browsers a page that they can read.
        if "text/html" not in request.headers.get("accept", ""):
            raise
        status = _APOLOGIES[type(error)]
        return _html(apology(language, is_gone=status == 404), language, "'self'", status)
    page = await _page(services, film, title, language)
    return _html(rendered(page), language, services.films.shelf.origin(film))


async def _title(services: Services, film: Film) -> str:
    job = (await services.live.past(film.id)).job
    return str(job.parameters.get("title") or job.name)


async def _page(services: Services, film: Film, title: str, language: str) -> Page:
    films = services.films
    try:
        shape = await films.shelf.shape(film)
    except ArtifactMissing:
        shape = _UPRIGHT
    query = films.query(film)
    return Page(
        title=title,
        language=language,
        playlist=f"../hls/{film.id}.m3u8?{query}",
        thumbnails=f"../hls/{film.id}/thumbnails.vtt?{query}",
        poster=await films.shelf.poster(film, films.settings.hls_margin_s) or "",
        shape=shape,
    )


def _html(text: str, language: str, media_origin: str, status: int = 200) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": policy(media_origin),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    return HTMLResponse(text, status, headers)
