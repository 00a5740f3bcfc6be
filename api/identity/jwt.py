"""Tokens that an identity provider has signed: JSON Web Tokens, RFC 7519."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol, get_args

import jwt
from starlette.requests import HTTPConnection

from api.identity.base import Caller, OpenStore, Role, Ways, as_role, as_user
from api.identity.bearer import bearer_of
from api.identity.key_set import KeySet
from api.identity.signing_keys import SigningKey, key_of_text
from reels.errors import InvalidInput, Unauthenticated
from reels.settings import ApiSettings, AuthSettings

#: How far clocks may differ.
LEEWAY_S: Final = 10


class Keys(Protocol):
    """Where a token's key is looked up."""

    async def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The key that fits, or None. Raises Unavailable when nobody can tell."""
        ...


class OneKey:
    """The one key of the settings, whatever a token calls it."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    async def find(self, _kid: str | None, algorithm: str) -> SigningKey | None:
        return self._key if algorithm in self._key.algorithms else None


class Jwt:
    """Believes tokens that one of `keys` has signed and that have not expired."""

    challenge = 'Bearer realm="reelwright"'
    ways: Ways = ({"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},)

    def __init__(self, settings: AuthSettings, keys: Keys) -> None:
        self._settings = settings
        self._keys = keys

    @classmethod
    def of(cls, auth: AuthSettings, _api: ApiSettings, _open_store: OpenStore) -> Jwt:
        """Raises InvalidInput when the key of the settings is none."""
        if auth.jwks_url:
            return cls(auth, KeySet(auth.jwks_url))
        key = key_of_text(auth.jwt_key.get_secret_value())
        if key is None:
            raise InvalidInput(
                "VIDEO_SERVICE_JWT_KEY",
                "VIDEO_SERVICE_JWT_KEY holds no public key that tokens can be checked with.",
                remedy="Give the public key, not the private one, in PEM: RSA of 2048 bits or "
                "more, P-256, P-384, P-521 or Ed25519.",
            )
        return cls(auth, OneKey(key))

    async def caller_of(self, connection: HTTPConnection) -> Caller:
        token = bearer_of(connection)
        if not token:
            raise Unauthenticated(
                "The request brings no token.",
                scheme=self.challenge,
                remedy="Send it as Authorization: Bearer.",
            )
        claims = await self._claims(token)
        try:
            user = as_user(claims.get(self._settings.jwt_user_claim), "The token's user claim")
        except InvalidInput as error:
            raise self._refused(error.message) from None
        return Caller(user=user, role=_role_in(claims, self._settings.jwt_role_claim))

    def is_assumed(self, _connection: HTTPConnection) -> bool:
        return False

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm, kid = header.get("alg"), header.get("kid")
            if not isinstance(algorithm, str) or not isinstance(kid, str | None):
                raise self._refused("The token names no algorithm and key.")
            key = await self._keys.find(kid, algorithm)
            if key is None:
                raise self._refused("No key of ours has signed the token in that way.")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self._settings.jwt_audience or None,
                issuer=self._settings.jwt_issuer or None,
                leeway=LEEWAY_S,
                options={"require": ["exp"], "verify_aud": bool(self._settings.jwt_audience)},
            )
        except jwt.ExpiredSignatureError:
            raise self._refused("The token has expired.") from None
        except jwt.MissingRequiredClaimError as error:
            raise self._refused(f"The token has no {error.claim}.") from None
        except jwt.InvalidAudienceError:
            raise self._refused("The token is meant for another service.") from None
        except jwt.InvalidIssuerError:
            raise self._refused("The token is from somebody else.") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise self._refused("The token is none, or is not signed by a key of ours.") from None
        return claims

    def _refused(self, message: str) -> Unauthenticated:
        return Unauthenticated(
            message,
            scheme=f'{self.challenge}, error="invalid_token"',
            remedy="Get a new token, and send it as Authorization: Bearer.",
        )


def _role_in(claims: Mapping[str, Any], claim: str) -> Role:
    """The highest role that the claim names; a token's other words are for other services."""
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    named = value if isinstance(value, list) else [value]
    known: list[Role] = [as_role(each, claim) for each in get_args(Role) if each in named]
    return known[-1] if known else "user"
