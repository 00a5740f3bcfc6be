"""What makes a value of the settings of authentication possible. No secret is repeated."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from reels.loopback import is_loopback

GATEWAY_SECRET_CHARS = 16
#: RFC 7518, 3.2: a key is as long as the hash, which has 32 bytes at least.
SHARED_KEY_BYTES = 32
#: How things begin that everybody may know and that are no secret therefore.
_PUBLIC = ("ssh-", "ecdsa-", "{", "MII")


def gateway_secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if secret and (len(secret) < GATEWAY_SECRET_CHARS or not _is_header(secret)):
        raise ValueError(
            "VIDEO_SERVICE_GATEWAY_SECRET must have 16 characters or more, of ASCII and without "
            "spaces; make one with: openssl rand -hex 32"
        )
    return value


def jwks_url(value: str) -> str:
    """Whoever can change the keys on their way can be anybody: so https, or this machine."""
    if not value:
        return value
    parts = _split(value)
    is_safe = parts is not None and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )
    if not is_safe or parts is None or not parts.hostname or parts.username is not None:
        raise ValueError("VIDEO_SERVICE_JWKS_URL is no https address")
    return value


def jwt_key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value().strip()
    if not key or key.startswith("-----BEGIN "):
        return value
    if key.startswith(_PUBLIC) or len(key.encode()) < SHARED_KEY_BYTES:
        raise ValueError(
            "VIDEO_SERVICE_JWT_KEY is neither a key in PEM nor a shared secret of 32 bytes or "
            "more; make a secret with: openssl rand -hex 32"
        )
    return value


def origins(value: str) -> str:
    for origin in filter(None, (part.strip() for part in value.split(","))):
        parts = _split(origin)
        exact = parts is not None and f"{parts.scheme}://{parts.netloc}" == origin
        if not exact or parts is None or parts.scheme not in ("http", "https"):
            raise ValueError(
                f"VIDEO_SERVICE_ALLOWED_ORIGINS holds {origin!r:.80}, which is no origin such as "
                "https://studio.example.org"
            )
        if not parts.hostname or "*" in origin or "@" in origin or origin != origin.lower():
            raise ValueError(
                f"VIDEO_SERVICE_ALLOWED_ORIGINS holds {origin!r:.80}; name each origin in full "
                "and in small letters"
            )
    return value


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_header(text: str) -> bool:
    return all("!" <= letter <= "~" for letter in text)
