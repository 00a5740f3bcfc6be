"""The modes of authentication, by the names that `VIDEO_SERVICE_AUTH` gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from api.identity.api_key import ApiKeys
from api.identity.base import Identity, OpenStore
from api.identity.dev import Dev
from api.identity.gateway import Gateway
from api.identity.jwt import Jwt
from reels.artifacts import ArtifactStore
from reels.settings import ApiSettings, AuthSettings

MODES: Final[dict[str, Callable[[AuthSettings, ApiSettings, OpenStore], Identity]]] = {
    "dev": Dev.of,
    "gateway": Gateway.of,
    "jwt": Jwt.of,
    "api-key": ApiKeys.of,
}


def identity_of(auth: AuthSettings, api: ApiSettings, open_store: OpenStore) -> Identity:
    """What the settings choose.

    Raises:
        InvalidInput: so the API would be open to everybody, or to nobody.
    """
    return MODES[auth.auth](auth, api, open_store)


def check_entry(auth: AuthSettings, api: ApiSettings) -> None:
    """Raises InvalidInput as `identity_of` does, without a store."""

    def nowhere() -> ArtifactStore:
        raise AssertionError("nobody has asked yet")

    identity_of(auth, api, nowhere)
