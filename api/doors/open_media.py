"""Playlists and artifacts may be read by pages of every origin: their addresses are secrets.

Cookies are never taken there, so that a page reads no more than its signed address gives.
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN: Final = ("/hls/", "/artifacts/")
_SENT: Final = ("If-None-Match", "If-Range", "Range")
_READ: Final = ("Accept-Ranges", "Content-Length", "Content-Range", "ETag", "Retry-After")


class OpenMedia:
    """Pages of every origin may ask for what lies below `_OPEN`, and read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD"],
            allow_headers=list(_SENT),
            expose_headers=list(_READ),
            allow_credentials=False,
            max_age=86_400,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] == "http" and scope["path"].startswith(_OPEN)
        await (self._open if is_open else self._app)(scope, receive, send)


def open_media(app: FastAPI) -> None:
    """Let `app` be read so. It MUST come after other rules of origins, which it overrules."""
    app.add_middleware(OpenMedia)
