"""The key by which a repeated POST gives what the first one gave."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Header, Request

from api.doors.replays import KEY_HEADER, REPLAYED_HEADER
from api.problems import responses
from reels.errors import InvalidInput

_PATTERN = r"^[\x21-\x7e]+$"
_MAX_CHARS = 255
_ABOUT = (
    "A key of your own choice, as a UUID. For 24 hours the same request with the same key "
    "gives the answer that the first one gave, and does nothing again; 409 while the first one "
    "is being worked on, 422 for another request. Refusals and failures are not kept."
)

#: For routes that hand the key on. Every POST route takes one, see `api.doors.door`.
IdempotencyKey = Annotated[
    str, Header(alias=KEY_HEADER, pattern=_PATTERN, max_length=_MAX_CHARS, description=_ABOUT)
]


def key_of(request: Request) -> str:
    """The request's key, or nothing.

    Raises:
        InvalidInput: naming the header: it is empty, too long, or comes twice.
    """
    given = request.headers.getlist(KEY_HEADER)
    if not given:
        return ""
    if len(given) > 1 or len(given[0]) > _MAX_CHARS or not re.fullmatch(_PATTERN, given[0]):
        raise InvalidInput(
            KEY_HEADER,
            f"The header {KEY_HEADER} does not hold one key.",
            remedy=f"Use 1 to {_MAX_CHARS} printable ASCII characters without spaces.",
        )
    return given[0]


def describe_keys(document: dict[str, Any]) -> None:
    """Put the header, and what it answers, on every POST of an OpenAPI document."""
    for path in document.get("paths", {}).values():
        if "post" in path:
            _describe(path["post"])


def _describe(post: dict[str, Any]) -> None:
    # FastAPI would say that it is empty by default, and clients made from that would send it so.
    others = [each for each in post.get("parameters", []) if each.get("name") != KEY_HEADER]
    post["parameters"] = [
        *others,
        {
            "name": KEY_HEADER,
            "in": "header",
            "required": False,
            "description": _ABOUT,
            "schema": {"type": "string", "pattern": _PATTERN, "maxLength": _MAX_CHARS},
        },
    ]
    for status, declared in responses(409, 413).items():
        post["responses"].setdefault(str(status), declared)
    for status, declared in post["responses"].items():
        if status.startswith("2"):
            declared.setdefault("headers", {})[REPLAYED_HEADER] = {
                "description": "the answer is that of the first request with this key",
                "schema": {"type": "string", "enum": ["true"]},
            }
