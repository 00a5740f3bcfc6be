"""Playlists of packaged films, for players, which bring a signed address and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, Final

from fastapi import Path, Request, Response

from api.doors.door import Router
from api.doors.preferences import IfNoneMatch
from api.films.negotiating import sent
from api.films.shelf import Text
from api.films.viewing import Played, Watched, unfinished
from api.problems import responses
from api.services import Deps
from reels.errors import ArtifactMissing, NotFound

router = Router(prefix="/hls", tags=["films"])

PLAYLIST: Final = "application/vnd.apple.mpegurl"
#: While a film is packaged its master grows; links in what does not change outlive this by far.
_GROWING: Final = {"Cache-Control": "private, no-cache"}
_STEADY: Final = {"Cache-Control": "private, max-age=60"}


def _answers(media_type: str, *errors: int) -> dict[int | str, dict[str, Any]]:
    return {
        # Only told: what makes clients from the document does not know all of these types.
        200: {"description": f"as `{media_type}`, packed where the client says it may be"},
        304: {"description": "it is what you have"},
        **responses(401, 403, 404, *errors),
    }


@router.head("/{video_id:uuid}.m3u8", include_in_schema=False)
@router.get("/{video_id:uuid}.m3u8", response_class=Response, responses=_answers(PLAYLIST, 409))
async def read_master(
    film: Watched,
    request: Request,
    services: Deps,
    _if_none_match: IfNoneMatch = "",
) -> Response:
    """The master playlist: all variants that can be played by now. 409 while there is none."""
    try:
        found = await services.films.shelf.master(film)
    except ArtifactMissing:
        return await unfinished(request, services, film)
    return sent(request, found, PLAYLIST, _GROWING)


@router.head("/{video_id:uuid}/thumbnails.vtt", include_in_schema=False)
@router.get(
    "/{video_id:uuid}/thumbnails.vtt", response_class=Response, responses=_answers("text/vtt")
)
async def read_thumbnails(
    film: Watched,
    request: Request,
    services: Deps,
    _if_none_match: IfNoneMatch = "",
) -> Response:
    """Small pictures for seeking: cues that name a part of a picture (`#xywh=`)."""
    found = await _present(services.films.shelf.sheet(film), request)
    return sent(request, found, "text/vtt", _STEADY)


@router.head("/{video_id:uuid}/{track}/{playlist}", include_in_schema=False)
@router.get(
    "/{video_id:uuid}/{track}/{playlist}",
    response_class=Response,
    responses=_answers(PLAYLIST),
)
async def read_track(
    film: Played,
    track: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["v540"])],
    playlist: Annotated[str, Path(pattern=r"^(index|keys)\.m3u8$", examples=["index.m3u8"])],
    request: Request,
    services: Deps,
    _if_none_match: IfNoneMatch = "",
) -> Response:
    """One track's playlist, with links to its segments. The master has its address."""
    found = await _present(services.films.shelf.track(film, track, playlist), request)
    return sent(request, found, PLAYLIST, _STEADY)


async def _present(reading: Awaitable[Text], request: Request) -> Text:
    try:
        return await reading
    except ArtifactMissing:
        # In the words of any other address at which there is nothing: no key is told.
        raise NotFound(f"There is nothing at {request.url.path}.") from None
