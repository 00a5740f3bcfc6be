"""The key by which a repeated POST gives what the first one gave."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]*$",
        max_length=255,
        description="the same key and body give the same job again",
    ),
]
