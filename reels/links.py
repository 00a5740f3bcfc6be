"""Signed links: an HMAC-SHA256 over key, expiry and download name, checked without a store."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

from reels.errors import InvalidInput, LinkRefused, StoreUnavailable

#: The longest life of a presigned S3 link (signature version 4); local links keep to it.
MAX_LINK_S = 7 * 24 * 3600
MAX_NAME_CHARS = 200
_NEW_LINK = "Ask for a new link: GET the job again."


def sign(key: str, secret: bytes, expires_at: int, download_name: str = "") -> str:
    """The query string that lets its bearer read `key` until `expires_at` (Unix seconds)."""
    params = {"expires": str(expires_at), "signature": _mac(key, secret, expires_at, download_name)}
    if download_name:
        params["name"] = download_name
    return urlencode(params)


def verify(key: str, params: Mapping[str, str], secret: bytes, now: float) -> None:
    """Refuse a link that we did not sign for `key`, or whose time is over.

    Raises:
        LinkRefused: it says which of the two.
    """
    expires = params.get("expires", "")
    given = params.get("signature", "")
    if not re.fullmatch(r"[0-9]{1,12}", expires):
        raise LinkRefused("The link carries no valid expiry.", remedy=_NEW_LINK)
    due = _mac(key, secret, int(expires), params.get("name", ""))
    if not hmac.compare_digest(given.encode(), due.encode()):
        raise LinkRefused("The link's signature is wrong.", remedy=_NEW_LINK)
    if now >= int(expires):
        raise LinkRefused("The link has expired.", remedy=_NEW_LINK)


def check_life(expires_s: int) -> int:
    """`expires_s` itself, when a link may live so long.

    Raises:
        InvalidInput: it is not between a second and seven days.
    """
    if not 1 <= expires_s <= MAX_LINK_S:
        raise InvalidInput("expires_s", f"A link lives 1 to {MAX_LINK_S} seconds, not {expires_s}.")
    return expires_s


def clean_name(name: str) -> str:
    """A download name that is safe in a header and as a file's name."""
    kept = "".join(c for c in name if c.isprintable() and c not in '/\\:*?"<>|')
    return kept.strip(". ")[:MAX_NAME_CHARS]


def content_disposition(name: str) -> str:
    """The header that makes a browser save under `name`, for old and new ones (RFC 6266)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def load_secret(path: Path) -> bytes:
    """The signing secret at `path`, made there once; only its owner can read it.

    Processes that come at the same time end up with the same secret.

    Raises:
        StoreUnavailable: the file cannot be made or read.
    """
    try:
        return _read_or_make(path)
    except OSError as error:
        raise StoreUnavailable(
            f"The signing key of links cannot be kept: {error.strerror}.",
            remedy="Set VIDEO_SERVICE_SIGNING_KEY, or let the service write its data directory.",
        ) from error


def _read_or_make(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_hex(32).encode())
            out.flush()
            os.fsync(out.fileno())
        # A link, unlike a rename, fails when another process was first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_bytes()


def _mac(key: str, secret: bytes, expires_at: int, name: str) -> str:
    body = json.dumps(["reelwright-link-1", key, expires_at, name])
    return hmac.new(secret, body.encode(), sha256).hexdigest()
