"""What of an exchange with a real service is kept: no key, no cookie, nobody's account."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from PIL import Image
from pydantic import SecretStr

from reels.settings import ProviderSettings, StoreSettings

FILTERED = "filtered"
#: The only headers of an answer that are kept: those that our providers read.
KEPT_HEADERS = ("content-type", "character-cost", "current-concurrent-requests", "retry-after")
#: Fields that tell whose account it is, wherever they stand in an answer.
_ACCOUNT_FIELDS = re.compile(
    r"^((public_)?owner_id|user_?id|account_?id|workspace_?id|organi[sz]ation_?id|project_?(id|"
    r"number)|consumer|email|xi_api_key|api_?key|share_?(link|id)?_?enabled_emails|"
    r"shared_with|permission_on_resource|response_?id)$",
    re.IGNORECASE,
)
#: What keys and accounts look like, whoever they belong to.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"AIzaSy[0-9A-Za-z_\-]{33}",
        r"sk_[0-9a-f]{32,}",
        r"(?i)bearer\s+[\w.\-]{16,}",
        r"projects/\d{6,}",
        # Links to a voice's preview tell whose it is.
        r"/(user|workspace)/[0-9A-Za-z_\-]{16,}",
        r"[\w.+\-]{1,64}@[\w\-]{1,64}\.[\w.\-]{2,64}",
    )
)
#: A picture in an answer may have so many bytes before it is made plainer.
_PICTURE_BYTES = 100_000


class SecretFound(Exception):
    """A cassette would hold a secret. The message does not."""


def known_secrets() -> tuple[str, ...]:
    """Every secret that the settings of this process hold."""
    held = (
        getattr(settings, name).get_secret_value()
        for settings in (ProviderSettings(), StoreSettings())
        for name in type(settings).model_fields
        if isinstance(getattr(settings, name), SecretStr)
    )
    return tuple(secret.strip() for secret in held if secret.strip())


def clean_body(body: bytes, media_type: str, secrets: Iterable[str]) -> bytes:
    """An answer's body as it is kept; sounds and pictures stay as they are."""
    if not media_type.startswith(("application/json", "text/")):
        return body
    text = body.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        return clean_text(text, secrets).encode()
    return json.dumps(_clean(parsed, tuple(secrets)), ensure_ascii=False).encode()


def clean_text(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, FILTERED)
    for pattern in _PATTERNS:
        text = pattern.sub(FILTERED, text)
    return text


def require_clean(content: bytes, secrets: Iterable[str]) -> None:
    """Refuse what holds a secret, plainly or in any way in which text is encoded.

    Raises:
        SecretFound
    """
    if any(form in content for secret in secrets for form in _forms(secret)):
        raise SecretFound("A key is in what would be written, so nothing was written.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        # In the bytes of a sound any short pattern is found sooner or later.
        return
    for pattern in _PATTERNS:
        if pattern.search(text):
            raise SecretFound(
                f"Something of the form {pattern.pattern} is in what would be written, so nothing "
                "was written."
            )


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for offset in range(3):
        # In base64 the same bytes look in three ways; what their neighbours shape is left out.
        coded = base64.b64encode(bytes(offset) + raw)
        start = (8 * offset + 5) // 6
        yield coded[start : (8 * (offset + len(raw))) // 6]


def _clean(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        kind = str(value.get("mimeType") or value.get("mime_type") or "")
        if kind.startswith("image/") and isinstance(value.get("data"), str):
            value = {**value, "data": _plainer(value["data"])}
        return {
            name: FILTERED if _ACCOUNT_FIELDS.match(name) and inner else _clean(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_clean(each, secrets) for each in value]
    if isinstance(value, str) and not _is_media(value):
        return clean_text(value, secrets)
    return value


def _is_media(text: str) -> bool:
    """Long and without a space: a sound or a picture, in whose letters no pattern means a thing."""
    return len(text) > 4_000 and " " not in text


def _plainer(data: str) -> str:
    """A picture of the same format and size, in coarse blocks: a repository is no gallery."""
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return data
    if len(content) <= _PICTURE_BYTES:
        return data
    with Image.open(io.BytesIO(content)) as picture:
        kind, size = picture.format, picture.size
        small = picture.convert("RGB").resize((max(1, size[0] // 16), max(1, size[1] // 16)))
    out = io.BytesIO()
    small.resize(size, Image.Resampling.NEAREST).save(out, kind)
    return base64.b64encode(out.getvalue()).decode()
