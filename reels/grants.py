"""Grants: an HMAC-signed leave to store content of one size under one key, for a while."""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256

from pydantic import Field, ValidationError

from reels.errors import LinkRefused
from reels.models import Model

_NEW_LINK = "Ask for a new upload."
_PURPOSE = b"reelwright-grant-1\n"


class Grant(Model):
    """An empty `sha256` is any content; `expires_at` is in Unix seconds."""

    key: str
    size_bytes: int = Field(ge=0)
    sha256: str = ""
    expires_at: int

    def token(self, secret: bytes) -> str:
        """The grant as one part of an address."""
        body = base64.urlsafe_b64encode(self.model_dump_json().encode()).rstrip(b"=")
        return f"{body.decode()}.{_mac(body, secret)}"

    @classmethod
    def of_token(cls, token: str, secret: bytes, now: float) -> Grant:
        """The grant in a token, if it is one of ours and not over at `now` (Unix seconds).

        Raises:
            LinkRefused: it says which of the two.
        """
        body, _, given = token.encode(errors="replace").partition(b".")
        if not hmac.compare_digest(given, _mac(body, secret).encode()):
            raise LinkRefused("The link's signature is wrong.", remedy=_NEW_LINK)
        try:
            grant = cls.model_validate_json(
                base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
            )
        except (binascii.Error, ValidationError, ValueError):
            raise LinkRefused("The link is of another version.", remedy=_NEW_LINK) from None
        if now >= grant.expires_at:
            raise LinkRefused("The link has expired.", remedy=_NEW_LINK)
        return grant


def _mac(body: bytes, secret: bytes) -> str:
    return hmac.new(secret, _PURPOSE + body, sha256).hexdigest()
