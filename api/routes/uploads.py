"""Large files: announced, sent straight to the store, and taken on once they have come."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import anyio.to_thread
from fastapi import Depends, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.doors.door import Router
from api.doors.guards import body_of
from api.identity import User
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, Services, in_thread
from api.shelf.media import LOOKS_AT_ONCE, Shelf, StoredMedia
from api.shelf.receiving import LocalUploads, hang_up, receive
from api.shelf.uploads import Desk, UploadStarted
from reels.artifacts import ArtifactStore
from reels.errors import NotFound, ReelsError
from reels.grants import Grant
from reels.uploads import UploadWanted, wanted_beside

router = Router(tags=["media"])

_EXAMPLES: dict[str, Any] = {
    "a clip": {"name": "harbour.mp4", "folder": "backgrounds", "size_bytes": 183_500_800},
    "a clip whose hash is known": {
        "name": "harbour.mp4",
        "size_bytes": 183_500_800,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
}
_CONTENT = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
}


def _desk(services: Services, user: str) -> Desk:
    return Desk(Shelf(services.store, services.storage, services.media, user))


@router.post(
    "/media/uploads",
    status_code=201,
    responses=responses(400, 401, 409, 413, 415),
    openapi_extra=json_body(UploadWanted, _EXAMPLES),
)
async def start_upload(
    user: User,
    wanted: Annotated[UploadWanted, Depends(body_of(UploadWanted, root="size_bytes"))],
    services: Deps,
) -> UploadStarted:
    """Announce a file that is too large for `POST /media`.

    Send its bytes by `method` to `url` with the `headers`, which needs no identity, and again
    if the connection breaks; then post to `/media/uploads/{upload_id}:complete`.
    """
    return await in_thread(_desk(services, user).open, wanted)


@router.post(
    "/media/uploads/{upload_id:uuid}:complete",
    responses=responses(401, 404, 409),
)
async def complete_upload(user: User, upload_id: UUID, services: Deps) -> StoredMedia:
    """Look at what has come, and keep it among your files. It may be asked again.

    What is not as it was announced, or cannot be used, is refused and deleted; until the
    link ends, the file may be sent anew.
    """
    work = partial(_desk(services, user).complete, upload_id)
    return await anyio.to_thread.run_sync(work, limiter=LOOKS_AT_ONCE)


@router.delete("/media/uploads/{upload_id:uuid}", status_code=204, responses=responses(401, 404))
async def abandon_upload(user: User, upload_id: UUID, services: Deps) -> Response:
    """Forget an upload and what has come of it. A file that was kept stays."""
    await in_thread(_desk(services, user).abandon, upload_id)
    return Response(status_code=204)


@router.put(
    "/uploads/{token}",
    status_code=204,
    responses=responses(403, 404, 408, 413),
    openapi_extra={"requestBody": {"required": True, **_CONTENT}},
)
async def send_content(token: str, request: Request, services: Deps) -> Response:
    """The bytes of an upload, to the `url` that it was given. A store on S3 takes its own."""
    store = services.store
    if not isinstance(store, LocalUploads):
        raise NotFound(f"There is nothing at {request.url.path}.")
    body = aiter(request.stream())
    try:
        grant = store.grant(token, time.time())
        await in_thread(_require_announced, services.store, grant)
        await receive(request, body, store, grant)
    except (ReelsError, HTTPException) as error:
        return await hang_up(request, body, error)
    except ClientDisconnect:
        # Nobody is there to read an answer, and it is no fault of ours.
        return Response(status_code=400)
    return Response(status_code=204)


def _require_announced(store: ArtifactStore, grant: Grant) -> None:
    """A link outlives an upload that was abandoned; what it brought would be lost and found."""
    if store.head(wanted_beside(grant.key)) is None:
        raise NotFound("The upload was abandoned, or is over.", remedy="Start a new one.")
