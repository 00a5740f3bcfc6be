"""A token or a key that came with a connection."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from api.identity.base import only
from reels.errors import InvalidInput

KEY_HEADER = "X-API-Key"
MAX_CHARS = 16_000
_PROTOCOL = "bearer."


def bearer_of(connection: HTTPConnection) -> str:
    """What `Authorization: Bearer` holds; empty without.

    A browser cannot set headers of a WebSocket; it offers the subprotocol `bearer.<token>`.

    Raises:
        InvalidInput: there are several.
    """
    given = only(connection, "Authorization")
    scheme, _, token = (given or "").partition(" ")
    found = [token.strip()] if scheme.lower() == "bearer" and token.strip() else []
    found += tokens_offered(connection)
    if len(found) > 1:
        raise InvalidInput("Authorization", "The connection brings several tokens; send one.")
    return found[0] if found and len(found[0]) <= MAX_CHARS else ""


def tokens_offered(connection: HTTPConnection) -> list[str]:
    """The tokens among the subprotocols of a WebSocket."""
    return [each.removeprefix(_PROTOCOL) for each in _offered(connection) if _is_token(each)]


def subprotocol_of(connection: HTTPConnection) -> str | None:
    """The subprotocol to accept a WebSocket with; None when none was offered.

    A browser gives up when it has offered some and none is accepted. The token itself is
    accepted only when it is all that was offered.
    """
    offered = _offered(connection)
    return next((each for each in offered if not _is_token(each)), next(iter(offered), None))


def _offered(connection: HTTPConnection) -> list[str]:
    return list(connection.scope.get("subprotocols") or ())


def _is_token(subprotocol: str) -> bool:
    return subprotocol.startswith(_PROTOCOL)
