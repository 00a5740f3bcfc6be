"""Artifacts of the local store, by signed links. An S3 store serves its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Protocol, runtime_checkable

from fastapi import Query, Request
from fastapi.responses import FileResponse

from api.doors.door import Router
from api.problems import responses
from api.services import Deps, in_thread
from reels.artifacts import media_type_of
from reels.errors import NotFound
from reels.links import content_disposition

router = Router(tags=["artifacts"])

#: What a browser shows by itself without running anything.
_SHOWN = ("image/", "video/", "audio/", "application/json", "text/vtt", "application/x-subrip")


@runtime_checkable
class LocalFiles(Protocol):
    """A store whose artifacts are files of this machine, with links that it signs itself."""

    def path(self, key: str) -> Path:
        """The file that holds `key`. Raises ArtifactMissing."""
        ...

    def verify(self, key: str, params: Mapping[str, str], now: float) -> None:
        """Refuse a link to `key` that it did not sign, or that has expired at `now`.

        `params` are the link's `expires`, `signature` and `name`; `now` is in Unix seconds.
        Raises LinkRefused.
        """
        ...


@router.head("/artifacts/{key:path}", include_in_schema=False)
@router.get(
    "/artifacts/{key:path}",
    response_class=FileResponse,
    responses=responses(403, 404),
)
async def read_artifact(
    key: str,
    request: Request,
    services: Deps,
    expires: Annotated[str, Query(description="Unix seconds")] = "",
    signature: Annotated[str, Query(max_length=200)] = "",
    name: Annotated[str, Query(max_length=200, description="save under this name")] = "",
) -> FileResponse:
    """The content behind a link that a job has given; ranges are served."""
    if not isinstance(services.store, LocalFiles):
        raise NotFound(f"There is nothing at {request.url.path}.")
    params = {"expires": expires, "signature": signature, "name": name}
    services.store.verify(key, params, time.time())
    path = await in_thread(services.store.path, key)
    media_type = media_type_of(key)
    shown = media_type.startswith(_SHOWN) and not name
    return FileResponse(
        path,
        media_type=media_type,
        headers={
            "Content-Disposition": "inline"
            if shown
            else content_disposition(name or key.rpartition("/")[2]),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private",
        },
    )
