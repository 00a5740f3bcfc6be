"""What makes a value of a setting possible."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from pydantic import SecretStr

from reels.addresses import read_hosts
from reels.keys import check_key


def media_prefix(value: str) -> str:
    """Keys of media may not be those under which the house itself keeps things."""
    prefix = check_key(value.strip("/"), "prefix")
    if prefix.split("/")[0] in {"videos", "cache", "uploads", "webhooks", "access"}:
        raise ValueError("videos, cache, uploads, webhooks and access are the house's own prefixes")
    return prefix


def hosts(value: str) -> str:
    read_hosts(value)
    return value


def media_folder(value: str) -> str:
    return check_key(value.strip("/"), "folder") if value else ""


#: What TEXT2IMG_PROVIDER may be, and the kind of `reels.visuals` that it means.
TEXT2IMG_PROVIDERS = {
    "": "",
    "gemini": "generated",
    "generated": "generated",
    "stock_picture": "stock_picture",
    "stock_clip": "stock_clip",
}


def picture_kind(value: str) -> str:
    try:
        return TEXT2IMG_PROVIDERS[value.strip().lower()]
    except KeyError:
        choices = ", ".join(filter(None, TEXT2IMG_PROVIDERS))
        raise ValueError(
            f"VIDEO_SERVICE_TEXT2IMG_PROVIDER is {value!r:.60}, which makes no pictures; "
            f"it may be one of {choices}, or empty"
        ) from None


def webhook_url(value: SecretStr) -> SecretStr:
    """The address may hold a secret, so that nothing of it is repeated."""
    url = value.get_secret_value()
    if not url:
        return value
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("VIDEO_SERVICE_STATUS_WEBHOOK_URL is no http or https address")
    return value


def webhook_secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if secret and not 24 <= len(_decoded(secret.removeprefix("whsec_"))) <= 64:
        raise ValueError(
            "VIDEO_SERVICE_STATUS_WEBHOOK_SECRET must be `whsec_` and 24 to 64 bytes in base64; "
            'make one with: echo "whsec_$(openssl rand -base64 32)"'
        )
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def redis_address(value: SecretStr) -> SecretStr:
    """The address may hold a password, so that nothing of it is repeated."""
    url = value.get_secret_value()
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("VIDEO_SERVICE_CACHE_URL is no redis://, rediss:// or unix:// address")
    return value


def bearer_token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if token and (len(token) < 16 or not token.isascii() or not token.isprintable()):
        raise ValueError(
            "VIDEO_SERVICE_METRICS_TOKEN must be at least 16 printable ASCII characters"
        )
    return value


def sentry_address(value: SecretStr) -> SecretStr:
    """As Sentry hands it out: `https://KEY@HOST/PROJECT`."""
    dsn = value.get_secret_value()
    if dsn and not (_is_web(dsn) and urlsplit(dsn).username and urlsplit(dsn).path.strip("/")):
        raise ValueError("VIDEO_SERVICE_SENTRY_DSN is no https://KEY@HOST/PROJECT")
    return value


def collector_address(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not _is_web(value.get_secret_value()):
        raise ValueError("VIDEO_SERVICE_OTLP_ENDPOINT is no http or https address")
    return value


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
