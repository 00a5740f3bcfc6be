"""Nobody proves anything: for one machine, on a loopback address."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.identity.base import (
    ROLE_HEADER,
    USER_HEADER,
    Caller,
    OpenStore,
    Ways,
    as_role,
    as_user,
    only,
)
from api.identity.origins import Origins
from reels.errors import Forbidden, InvalidInput
from reels.loopback import is_loopback
from reels.settings import ApiSettings, AuthSettings


class Dev:
    """Takes `X-User-ID` and `X-User-Role` at their word; without them `default_user` asks.

    Being on this machine is all the proof there is, and a browser on it has that too. So
    what its pages send is taken only from our own ones, and only under a name that is ours:
    a page's own name may be made to lead to us.
    """

    challenge = f'Dev header="{USER_HEADER}"'
    ways: Ways = ()

    def __init__(self, default_user: str, origins: Origins) -> None:
        self._default_user = default_user
        self._origins = origins

    @classmethod
    def of(cls, auth: AuthSettings, api: ApiSettings, _open_store: OpenStore) -> Dev:
        """Raises InvalidInput when others than this machine can reach the API."""
        if not is_loopback(api.host):
            raise InvalidInput(
                "VIDEO_SERVICE_AUTH",
                f"VIDEO_SERVICE_AUTH is dev, so anybody may be anybody, and the API is to listen "
                f"on {api.host!r}, where others can reach it.",
                remedy="Set VIDEO_SERVICE_AUTH to gateway, jwt or api-key, or "
                "VIDEO_SERVICE_HOST to 127.0.0.1.",
            )
        return cls(api.default_user, Origins(api.public_url, auth.origin_list))

    async def caller_of(self, connection: HTTPConnection) -> Caller:
        self._require_own_name(connection)
        self._origins.require(connection)
        user = only(connection, USER_HEADER)
        role = only(connection, ROLE_HEADER)
        return Caller(
            user=self._default_user if user is None else as_user(user, USER_HEADER),
            role="user" if role is None else as_role(role, ROLE_HEADER),
        )

    def is_assumed(self, connection: HTTPConnection) -> bool:
        return USER_HEADER not in connection.headers

    def _require_own_name(self, connection: HTTPConnection) -> None:
        given = only(connection, "Host") or ""
        name = _name_in(given)
        if not is_loopback(name) and name != self._origins.own_host:
            raise Forbidden(
                f"The request is for {given!r:.100}, and this service is not called so.",
                remedy="Call it by the host of VIDEO_SERVICE_PUBLIC_URL, or by localhost.",
            )


def _name_in(host: str) -> str:
    """The name in a `Host` header, without the port; empty when there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
