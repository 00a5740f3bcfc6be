"""Nobody proves anything: for one machine, on a loopback address."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import HTTPConnection

from api.identity.base import ROLE_HEADER, USER_HEADER, Caller, as_role, as_user, only


class Dev:
    """Takes `X-User-ID` and `X-User-Role` at their word; without them `default_user` asks."""

    def __init__(self, default_user: str) -> None:
        self._default_user = default_user

    async def caller_of(self, connection: HTTPConnection) -> Caller:
        user = only(connection, USER_HEADER)
        role = only(connection, ROLE_HEADER)
        return Caller(
            user=self._default_user if user is None else as_user(user, USER_HEADER),
            role="user" if role is None else as_role(role, ROLE_HEADER),
        )

    def is_assumed(self, connection: HTTPConnection) -> bool:
        return USER_HEADER not in connection.headers


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach `host`, a name or an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
