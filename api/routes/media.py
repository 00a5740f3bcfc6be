"""Pictures, clips and sounds of users, and those that are everyone's."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Path, Query, Request, Response
from starlette.convertors import PathConvertor, register_url_convertor

from api.doors.door import Router
from api.doors.guards import body_of
from api.identity import User
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, Services, in_thread
from api.shelf.media import LOOKS_AT_ONCE, Shelf, StoredMedia
from api.shelf.pages import MAX_PAGE, MediaList, page_of
from reels.keys import FOLDER_PATTERN
from reels.media import Upload
from reels.models import Folder

router = Router(prefix="/media", tags=["media"])

#: A picture of one pixel.
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNQSFgAAAHEASFcollRAAAAAElFTkSuQmCC"
)
_EXAMPLES = {
    "a picture": {"name": "harbour.png", "folder": "backgrounds", "data": _PIXEL},
}


class _FileConvertor(PathConvertor):
    """Every file has a suffix, and none a colon: so no other route's path is taken for one."""

    regex = r"[^:]*\.[^:/]+"


register_url_convertor("media_file", _FileConvertor())

#: Base64 makes four bytes of three; the rest is for names.
_BODY_SHARE, _BODY_REST = 4 / 3, 10_000

_Folder = Annotated[Folder, Query(description="a folder; without it, everything")]
_FilePath = Annotated[
    str,
    Path(
        description="folder and name",
        examples=["backgrounds/harbour.png"],
        json_schema_extra={"pattern": FOLDER_PATTERN},
    ),
]
_PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE, description="at most so many files")]
_PageToken = Annotated[
    str, Query(max_length=1_000, description="`next_page_token` of the page before")
]


def _body_limit(request: Request) -> int:
    services: Services = request.app.state.services
    return int(services.media.media_max_mb * 1_000_000 * _BODY_SHARE) + _BODY_REST


def _shelf(services: Services, user: str = "") -> Shelf:
    return Shelf(services.store, services.storage, services.media, user)


@router.post(
    "",
    status_code=201,
    responses=responses(400, 401, 409, 413, 415, 422),
    openapi_extra=json_body(Upload, _EXAMPLES),
)
async def add_media(
    user: User,
    upload: Annotated[Upload, Depends(body_of(Upload, root="data", limit=_body_limit))],
    services: Deps,
) -> StoredMedia:
    """Keep a picture, a clip or a sound of yours. It is taken for what its bytes say it is."""
    return await anyio.to_thread.run_sync(
        partial(_shelf(services, user).add, upload), limiter=LOOKS_AT_ONCE
    )


@router.get("", responses=responses(401))
async def list_media(
    user: User,
    services: Deps,
    folder: _Folder = "",
    page_size: _PageSize = 100,
    page_token: _PageToken = "",
) -> MediaList:
    """Your files, by folder and name."""
    return await in_thread(page_of, _shelf(services, user), folder, page_size, page_token)


@router.get("/shared", responses=responses(401))
async def list_shared_media(
    _user: User,
    services: Deps,
    folder: _Folder = "",
    page_size: _PageSize = 100,
    page_token: _PageToken = "",
) -> MediaList:
    """Everyone's files, by folder and name."""
    return await in_thread(page_of, _shelf(services), folder, page_size, page_token)


@router.delete("/{path:media_file}", status_code=204, responses=responses(401, 404))
async def remove_media(path: _FilePath, user: User, services: Deps) -> Response:
    """Delete a file of yours, by its folder and name. Videos that show it keep their copy."""
    await in_thread(_shelf(services, user).remove, path)
    return Response(status_code=204)
