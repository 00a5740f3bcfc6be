"""The page on which a film is watched, and what it is made of."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Header, Path, Request, Response
from fastapi.responses import HTMLResponse

from api.doors.door import Router
from api.films.negotiating import sent
from api.films.page import ASSETS, Page, asset, policy, rendered, spoken
from api.films.viewing import Watched
from api.problems import responses
from api.services import Deps
from reels.errors import ArtifactMissing, NotFound

router = Router(prefix="/watch", tags=["films"])

#: While nothing is known of the picture.
_UPRIGHT: Final = (9, 16)


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
    film: Watched,
    services: Deps,
    accept_language: Annotated[str, Header(max_length=1_000)] = "",
) -> HTMLResponse:
    """A page with a player: sizes, subtitles, pictures for seeking; in English or Russian."""
    films = services.films
    job = (await services.live.past(film.id)).job
    try:
        shape = await films.shelf.shape(film)
    except ArtifactMissing:
        shape = _UPRIGHT
    query = films.query(film)
    page = Page(
        title=str(job.parameters.get("title") or job.name),
        language=spoken(accept_language),
        playlist=f"../hls/{film.id}.m3u8?{query}",
        thumbnails=f"../hls/{film.id}/thumbnails.vtt?{query}",
        poster=await films.shelf.poster(film, films.settings.hls_margin_s) or "",
        shape=shape,
    )
    return HTMLResponse(
        rendered(page),
        headers={
            "Content-Security-Policy": policy(films.shelf.origin(film)),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Content-Language": page.language,
            "Vary": "Accept-Language",
        },
    )
