"""Films of others: given by their addresses, packaged as HLS, and read."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.doors.door import Router
from api.doors.guards import body_of
from api.doors.preferences import IfNoneMatch
from api.films.models import FilmState, FilmTaken
from api.films.shelf import Film
from api.films.views import film_view
from api.identity import Asker, User
from api.live.reading import answer_response
from api.openapi import json_body
from api.problems import responses
from api.services import Deps
from reels.addresses import check_address, read_address, read_hosts
from reels.film import HlsRequest
from reels.settings import FetchSettings

router = Router(prefix="/api/videos", tags=["films"])

_EXAMPLES = {
    "a film": {"title": "Spring in Kyoto", "url": "https://media.example.org/kyoto.mp4"},
}


@router.post(
    "",
    status_code=201,
    responses=responses(400, 401, 409, 413, 415),
    openapi_extra=json_body(HlsRequest, _EXAMPLES),
)
async def create_film(
    user: User,
    asked: Annotated[HlsRequest, Depends(body_of(HlsRequest, root="url"))],
    services: Deps,
    response: Response,
) -> FilmTaken:
    """Package the film at an address as HLS; 409 for one that you have given before.

    The address is that of a public web server. Follow the film at `/api/videos/{id}`; its
    playlist can be played as soon as one of its sizes is complete.
    """
    allowed = read_hosts(FetchSettings().fetch_allowed_hosts)
    check_address(read_address(asked.url, "url"), allowed, "url")
    job = await services.gateway.create_package(user, asked)
    response.headers["Location"] = services.url(f"/api/videos/{job.id}")
    playlist = services.url(services.films.playlist(Film(user, job.id)))
    return FilmTaken(id=job.id, title=asked.title, playlist_url=playlist)


@router.get(
    "/{video_id:uuid}",
    response_model=FilmState,
    responses={
        **responses(401, 404),
        304: {"description": "the film is as in the answer whose `ETag` is in `If-None-Match`"},
    },
)
async def read_film(
    video_id: UUID,
    asker: Asker,
    services: Deps,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """A film with its sizes so far. A video that was made here is one, too."""
    view = partial(film_view, services)
    answer = await services.films.reader.read(asker, video_id, view)
    return answer_response(answer, if_none_match, {})
