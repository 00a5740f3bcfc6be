"""Who watches: whoever has a signed address, or the owner, who proves who that is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from api.films.passes import Scope, Shown
from api.films.shelf import Film
from api.identity.asking import caller_of
from api.identity.rights import require_sight
from api.problems import answer_to
from api.services import Deps, Services
from reels.errors import Conflict, NotFound

#: When a film that is being packaged is asked for again.
AGAIN_S = 3


async def _shown(
    user: Annotated[str, Query(max_length=64, description="part of a signed address")] = "",
    expires: Annotated[str, Query(max_length=12, description="Unix seconds")] = "",
    signature: Annotated[str, Query(max_length=200)] = "",
) -> Shown:
    return Shown(user, expires, signature)


#: The signed part of an address.
Signed = Annotated[Shown, Depends(_shown)]


async def viewed(
    request: Request, services: Services, scope: Scope, video_id: UUID, shown: Shown
) -> Film:
    """The film that a request may see.

    Raises:
        LinkRefused: its address is signed, and not rightly or no longer.
        NotFound: its address is not, and who asks sees no such job.
        ReelsError: nobody knows who asks.
    """
    if any(shown):
        return Film(services.films.passes.require(scope, video_id, shown), video_id)
    caller = await caller_of(request)
    job = (await services.live.past(video_id)).job
    require_sight(caller, job.user, f"video {video_id}")
    return Film(job.user, video_id)


def _viewer(scope: Scope) -> Callable[..., Awaitable[Film]]:
    async def read(video_id: UUID, request: Request, services: Deps, shown: Signed) -> Film:
        return await viewed(request, services, scope, video_id, shown)

    return read


#: Whose film a request may see as a whole.
Watched = Annotated[Film, Depends(_viewer(Scope.FILM))]
#: Whose film's single playlists it may see.
Played = Annotated[Film, Depends(_viewer(Scope.TRACKS))]


async def unfinished(request: Request, services: Services, film: Film) -> Response:
    """The answer where there is no playlist yet: 409, to be tried again when there will be one.

    Raises:
        NotFound: there will be none.
    """
    job = (await services.live.past(film.id)).job
    if job.status == "ready":
        raise NotFound(f"The video {film.id} has no playlist.")
    if job.has_ended:
        why = job.error.message if job.error else "It was cancelled."
        failed = Conflict(f"The video {film.id} was not packaged. {why}", remedy="Retry it.")
        return await answer_to(request, failed)
    early = Conflict(f"The video {film.id} cannot be played yet.", remedy="Ask again in a moment.")
    answer = await answer_to(request, early)
    answer.headers["Retry-After"] = str(AGAIN_S)
    return answer
