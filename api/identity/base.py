"""Who asks, and what a mode of authentication is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, Protocol, get_args

from starlette.requests import HTTPConnection

from reels.artifacts import ArtifactStore
from reels.errors import Forbidden, InvalidInput
from reels.keys import USER_PATTERN
from reels.models import Model

USER_HEADER = "X-User-ID"
ROLE_HEADER = "X-User-Role"

Role = Literal["user", "editor", "ops"]


#: Whose the jobs are that ops start in Prefect, as in the flows.
OPS = "ops"


class Caller(Model):
    """Who asks: a user of `USER_PATTERN`, in a role. See `api.identity.rights`."""

    user: str
    role: Role = "user"


#: Alternatives, each of schemes that belong together, as OpenAPI describes them.
Ways = tuple[Mapping[str, Mapping[str, str]], ...]

#: Gives the store. Blocks.
OpenStore = Callable[[], ArtifactStore]


class Identity(Protocol):
    """One way of knowing who asks. Serves HTTP requests and WebSockets alike.

    `challenge` is what `WWW-Authenticate` says to those who have said nothing. `ways` are the
    ways of saying it, each with all that it takes, as security schemes of OpenAPI by name.
    """

    challenge: str
    ways: Ways

    async def caller_of(self, connection: HTTPConnection) -> Caller:
        """Who asks.

        Raises:
            Unauthenticated: nobody knows.
            InvalidInput: the user or the role that is named cannot be one.
            Forbidden: it comes from where it may not come from.
            Unavailable: what is needed to know it does not answer.
        """
        ...

    def is_assumed(self, connection: HTTPConnection) -> bool:
        """Whether nobody has said who asks, and it is taken for granted, as in development."""
        ...


def header_way(header: str, description: str) -> Mapping[str, str]:
    """Something that is sent in a header of its own, as a security scheme of OpenAPI."""
    return {"type": "apiKey", "in": "header", "name": header, "description": description}


def only(connection: HTTPConnection, header: str) -> str | None:
    """The header's one value, or None without one.

    Raises:
        InvalidInput: it comes twice, so that whoever checks it may not be who reads it.
    """
    given = connection.headers.getlist(header)
    if len(given) > 1:
        raise InvalidInput(header, f"The header {header} comes {len(given)} times.")
    return given[0] if given else None


def as_user(given: object, field: str) -> str:
    """A user's id, when it is one.

    Raises:
        InvalidInput: naming `field`.
    """
    # Two dots in a row are refused in the store's keys, of which the user is a part.
    if not isinstance(given, str) or ".." in given or not re.fullmatch(USER_PATTERN, given):
        raise InvalidInput(
            field,
            f"{field} does not name one user.",
            remedy="Use 1 to 64 letters, digits and _.@- with a letter or digit first.",
        )
    return given


def as_role(given: object, field: str) -> Role:
    """A role, when it is one.

    Raises:
        InvalidInput: naming `field`.
    """
    for role in get_args(Role):
        if given == role:
            found: Role = role
            return found
    raise InvalidInput(field, f"{field} is none of the roles {', '.join(get_args(Role))}.")


def require_house_name(caller: Caller) -> None:
    """Raises Forbidden when somebody else goes by the name that owns the jobs of ops."""
    if caller.user == OPS and caller.role != "ops":
        raise Forbidden(
            f"The user {OPS!r} is the house's own, for the role ops only.",
            remedy="Use another name.",
        )
