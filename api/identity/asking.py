"""How the routes learn who asks."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from api.identity.admission import Admission
from api.identity.base import USER_HEADER, Caller, Identity, require_house_name
from api.identity.origins import Origins
from api.identity.rights import require_creation
from reels.errors import ReelsError, StoreUnavailable, Unavailable
from reels.observing.about import about


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks over a request or a WebSocket, which is not accepted yet.

    Raises:
        ReelsError: as `Identity.caller_of`, and LimitReached.
    """
    if connection.scope["type"] == "websocket":
        # No browser asks us beforehand whether a page may open one.
        origins: Origins = connection.app.state.origins
        origins.require(connection)
    admission: Admission = connection.app.state.admission
    return await admission.admit(connection, partial(_recognised, connection))


async def _recognised(connection: HTTPConnection) -> Caller:
    identity: Identity = connection.app.state.identity
    caller = await identity.caller_of(connection)
    require_house_name(caller)
    return caller


async def is_still(connection: HTTPConnection, caller: Caller) -> bool:
    """Whether what came with the connection still proves that it is `caller`, in that role.

    While nobody can tell, it is.
    """
    try:
        return await _recognised(connection) == caller
    except (Unavailable, StoreUnavailable):
        return True
    except ReelsError:
        return False


async def asker(
    connection: HTTPConnection,
    _documented: Annotated[
        str | None,
        Header(alias=USER_HEADER, description="whose jobs; set by the gateway", examples=["ann"]),
    ] = None,
) -> Caller:
    caller = await caller_of(connection)
    about().user = caller.user
    return caller


#: Who asks, with a role: for routes that concern jobs.
Asker = Annotated[Caller, Depends(asker)]


async def _user(asker: Asker) -> str:
    return asker.user


#: Who asks: for routes that concern one's own things only, whatever one's role.
User = Annotated[str, Depends(_user)]


async def acting_for(connection: HTTPConnection, asker: Caller, wanted: str) -> str:
    """The user that a body names, who must be the one that asks, unless ops do.

    Only where nobody has to say who asks, the body is believed.

    Raises:
        Forbidden: it is somebody else.
    """
    identity: Identity = connection.app.state.identity
    if not identity.is_assumed(connection):
        require_creation(asker, wanted)
    return wanted
