"""Web pages of other origins: what a browser lets them send and read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

SENT: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "X-API-Key",
    "X-Request-ID",
    "X-User-ID",
    "X-User-Role",
)
READ: Final = (
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)


def open_to(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of exactly these origins call `app`, without cookies. None: nothing changes."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(SENT),
            expose_headers=list(READ),
            allow_credentials=False,
            max_age=600,
        )
