"""Which keys a store takes. A key that passes is safe as a path and inside a link."""

from __future__ import annotations

import re

from reels.errors import InvalidInput

MAX_KEY_CHARS = 1024
#: ext4, XFS and APFS hold names of 255 bytes; the store adds a short ending of its own.
MAX_SEGMENT_CHARS = 240
#: What `check_folder` lets pass, but for lengths; for descriptions, as it gives no reasons.
FOLDER_PATTERN = (
    r"^[A-Za-z0-9][A-Za-z0-9_@-]*(\.[A-Za-z0-9_@-]+)*"
    r"(/[A-Za-z0-9][A-Za-z0-9_@-]*(\.[A-Za-z0-9_@-]+)*)*$"
)
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_@-]*(\.[A-Za-z0-9_@-]+)*$"
USER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$"

# ASCII only, so that every key is in Unicode's normal form C, and no two keys that look
# the same differ.
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*")


def check_key(key: str, field: str = "key") -> str:
    """`key` itself, when it is a relative path of safe segments.

    A segment starts with a letter or a digit and goes on with letters, digits, `_.@-`;
    it never holds `..`. Segments are joined by single slashes.

    Raises:
        InvalidInput: naming `field`.
    """
    if not key or len(key) > MAX_KEY_CHARS:
        raise InvalidInput(field, f"A key has 1 to {MAX_KEY_CHARS} characters, not {len(key)}.")
    for segment in key.split("/"):
        if not _is_safe(segment):
            raise InvalidInput(
                field,
                f"The key part {segment[:80]!r} is not allowed.",
                remedy="Each part starts with a letter or digit and holds only letters, digits "
                "and _.@- without two dots in a row.",
            )
    return key


def is_key(text: str) -> bool:
    """Whether `check_key` lets it pass."""
    return 0 < len(text) <= MAX_KEY_CHARS and all(map(_is_safe, text.split("/")))


def check_prefix(prefix: str, field: str = "prefix") -> str:
    """A folder of keys, without a slash at its end; empty means everything."""
    return check_key(prefix.removesuffix("/"), field) if prefix else ""


def check_folder(folder: str, field: str = "folder") -> str:
    """`folder` itself, when people may name a folder of theirs so: a key of which no part
    ends in a dot, which some file systems drop.

    Raises:
        InvalidInput: naming `field`.
    """
    check_key(folder, field)
    if any(segment.endswith(".") for segment in folder.split("/")):
        raise InvalidInput(field, "No part may end in a dot.")
    return folder


def check_name(name: str, field: str = "name") -> str:
    """`name` itself, when people may name a file of theirs so: as a folder, in one part.

    Raises:
        InvalidInput: naming `field`.
    """
    if "/" in name:
        raise InvalidInput(field, "A name is without a folder.")
    return check_folder(name, field)


def _is_safe(segment: str) -> bool:
    return (
        len(segment) <= MAX_SEGMENT_CHARS
        and _SEGMENT.fullmatch(segment) is not None
        and ".." not in segment
    )
