"""Pictures, clips and sounds of users, and those that are everyone's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.guards import body_of
from api.identity import User
from api.media_shelf import MediaItem, Shelf, StoredMedia
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, Services, in_thread
from reels.media import Upload
from reels.models import Folder, Model

router = APIRouter(prefix="/media", tags=["media"])

_EXAMPLES = {
    "a picture": {"name": "harbour.png", "folder": "backgrounds", "data": "iVBORw0KGgo…"},
}
#: Base64 makes four bytes of three; the rest is for names.
_BODY_SHARE, _BODY_REST = 4 / 3, 10_000

_Folder = Annotated[Folder, Query(description="a folder; without it, everything")]


class MediaList(Model):
    """Files by their names."""

    media: tuple[MediaItem, ...]


def _most_bytes(services: Services) -> int:
    return services.settings.media_max_mb * 1_000_000


def _body_limit(request: Request) -> int:
    return int(_most_bytes(request.app.state.services) * _BODY_SHARE) + _BODY_REST


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
    shelf = Shelf(services.store, services.storage, user)
    return await in_thread(shelf.add, upload, _most_bytes(services))


@router.get("", responses=responses(401))
async def list_media(user: User, services: Deps, folder: _Folder = "") -> MediaList:
    """Your files."""
    shelf = Shelf(services.store, services.storage, user)
    return MediaList(media=await in_thread(shelf.items, folder))


@router.get("/shared", responses=responses(401))
async def list_shared_media(_user: User, services: Deps, folder: _Folder = "") -> MediaList:
    """Everyone's files."""
    shelf = Shelf(services.store, services.storage)
    return MediaList(media=await in_thread(shelf.items, folder))


@router.delete("/{path:path}", status_code=204, responses=responses(401, 404))
async def remove_media(path: str, user: User, services: Deps) -> Response:
    """Delete a file of yours, by its folder and name. Videos that show it keep their copy."""
    await in_thread(Shelf(services.store, services.storage, user).remove, path)
    return Response(status_code=204)
