"""A gateway in front of us knows who asks, and proves by a secret that it is the gateway."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from starlette.requests import HTTPConnection

from api.identity.base import (
    ROLE_HEADER,
    USER_HEADER,
    Caller,
    OpenStore,
    Ways,
    as_role,
    as_user,
    header_way,
    only,
)
from reels.errors import Unauthenticated
from reels.settings import ApiSettings, AuthSettings

SECRET_HEADER = "X-Gateway-Secret"


class Gateway:
    """Believes `X-User-ID` and `X-User-Role` beside one of `secrets` in `X-Gateway-Secret`."""

    challenge = f'Gateway header="{USER_HEADER}"'
    ways: Ways = (
        {
            "gateway_secret": header_way(SECRET_HEADER, "set by the gateway, as proof"),
            "gateway_user": header_way(USER_HEADER, "set by the gateway: who asks"),
        },
    )

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret.encode() for secret in secrets if secret)

    @classmethod
    def of(cls, auth: AuthSettings, _api: ApiSettings, _open_store: OpenStore) -> Gateway:
        kept = (auth.gateway_secret, auth.gateway_secret_before)
        return cls(secret.get_secret_value() for secret in kept)

    async def caller_of(self, connection: HTTPConnection) -> Caller:
        proof = (only(connection, SECRET_HEADER) or "").encode()
        if not any(hmac.compare_digest(proof, secret) for secret in self._secrets):
            raise self._nobody("The request does not come through the gateway.")
        user = only(connection, USER_HEADER)
        if user is None:
            # A visitor without a name is no reason to listen to the gateway no more.
            raise self._nobody(
                f"The gateway does not say who asks: {USER_HEADER} is missing.", is_guess=False
            )
        role = only(connection, ROLE_HEADER)
        return Caller(
            user=as_user(user, USER_HEADER),
            role="user" if role is None else as_role(role, ROLE_HEADER),
        )

    def is_assumed(self, _connection: HTTPConnection) -> bool:
        return False

    def _nobody(self, message: str, *, is_guess: bool = True) -> Unauthenticated:
        return Unauthenticated(
            message,
            scheme=self.challenge,
            remedy=f"Let the gateway set {USER_HEADER}, and {SECRET_HEADER} with the secret "
            "that both share.",
            is_guess=is_guess,
        )
