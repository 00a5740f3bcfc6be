"""Signatures of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable

PREFIX = "whsec_"
#: The specification asks for 24 to 64.
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature of one message: `v1,` and the HMAC-SHA-256 in base64.

    `secret` is base64, with or without `whsec_` before it; `timestamp` is in Unix seconds.
    Source: the Standard Webhooks specification, "Signature scheme".
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signed_headers(secrets: Iterable[str], message_id: str, body: bytes) -> dict[str, str]:
    """The headers of a message that is sent now, signed by each secret."""
    timestamp = str(int(time.time()))
    signatures = (sign(secret, message_id, timestamp, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
