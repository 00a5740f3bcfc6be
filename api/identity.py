"""Who is asking. One small seam: an `Identity` turns a request into a user."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Protocol

from fastapi import Depends, Header, Request

from reels.errors import Forbidden, InvalidInput, Unauthenticated
from reels.keys import USER_PATTERN

USER_HEADER = "X-User-ID"


class Identity(Protocol):
    """Names the user of a request. MUST raise a `ReelsError` when it cannot."""

    async def user_of(self, request: Request) -> str:
        """The user's id, of `USER_PATTERN`."""
        ...

    def is_assumed(self, request: Request) -> bool:
        """Whether nobody has said who asks, and it is taken for granted, as in development."""
        ...


class TrustedHeader:
    """Takes `X-User-ID` at its word: for loopback, and behind a gateway that sets it.

    `host` is the address that the API listens on. Only on a loopback address is a request
    without the header the default user's: elsewhere it may come from anybody.
    """

    def __init__(self, default_user: str, host: str) -> None:
        self._default_user = default_user
        self._is_local = is_loopback(host)

    async def user_of(self, request: Request) -> str:
        given = request.headers.getlist(USER_HEADER)
        if not given:
            return self._user_of_none()
        # Two dots in a row are refused in the store's keys, of which the user is a part.
        if len(given) > 1 or ".." in given[0] or not re.fullmatch(USER_PATTERN, given[0]):
            raise InvalidInput(
                USER_HEADER,
                "The header does not name one user.",
                remedy="Use 1 to 64 letters, digits and _.@- with a letter or digit first.",
            )
        return given[0]

    def is_assumed(self, request: Request) -> bool:
        return self._is_local and USER_HEADER not in request.headers

    def _user_of_none(self) -> str:
        if self._is_local:
            return self._default_user
        raise Unauthenticated(
            f"The request does not say whose it is: the header {USER_HEADER} is missing.",
            scheme=f'TrustedHeader header="{USER_HEADER}"',
            remedy="Put the API behind a gateway that sets the header, or let it listen on "
            "a loopback address.",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach `host`, a name or an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def current_user(
    request: Request,
    _documented: Annotated[
        str | None,
        Header(alias=USER_HEADER, description="whose jobs; set by the gateway", examples=["ann"]),
    ] = None,
) -> str:
    identity: Identity = request.app.state.identity
    return await identity.user_of(request)


async def acting_for(request: Request, user: str, wanted: str) -> str:
    """The user that a body names, who must be the one that asks (`user`).

    Only where nobody has to say who asks, the body is believed.

    Raises:
        Forbidden: it is somebody else.
    """
    identity: Identity = request.app.state.identity
    if wanted != user and not identity.is_assumed(request):
        raise Forbidden(
            f"The request is {user!r}'s, and its user_id names somebody else.",
            remedy="Post videos for yourself only.",
        )
    return wanted


User = Annotated[str, Depends(current_user)]
