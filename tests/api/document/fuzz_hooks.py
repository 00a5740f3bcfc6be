"""What schemathesis is told of the API beside its document."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis

#: Longer addresses are refused by the HTTP parser, before the API sees them.
_MOST_ADDRESS_BYTES = 60_000
_KEY = "Idempotency-Key"


@schemathesis.hook
def filter_query(_context: Any, query: dict[str, Any] | None) -> bool:
    """Leave out what is no HTTP request any more."""
    size = sum(len(str(value)) * 9 for value in (query or {}).values())
    return size < _MOST_ADDRESS_BYTES


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Give no two requests one idempotency key: the second would be refused, and rightly."""
    key = (case.headers or {}).get(_KEY)
    if isinstance(key, str) and key.isascii() and key.isprintable() and " " not in key:
        case.headers[_KEY] = f"{key[:200]}-{uuid4()}"
