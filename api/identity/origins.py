"""Which web pages a browser may call us from. A browser names the page's origin by itself."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.identity.base import only
from reels.errors import Forbidden


class Origins:
    """Our own pages, and those that are `allowed`; both as browsers write them."""

    def __init__(self, public_url: str, allowed: Iterable[str] = ()) -> None:
        own = urlsplit(public_url.lower())
        self.own_host = own.hostname or ""
        self._known = {f"{own.scheme}://{own.netloc}", *allowed}

    def require(self, connection: HTTPConnection) -> None:
        """Refuse what a page of somebody else's sends. What is no browser names no origin.

        Raises:
            Forbidden: it is such a page.
        """
        origin = only(connection, "Origin")
        if origin is None or origin in self._known:
            return
        # A page that we have served ourselves, under whatever name we are reached.
        host = only(connection, "Host")
        if host and origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return
        raise Forbidden(
            f"The page at {origin!r:.100} may not call this service.",
            remedy="Name its origin in VIDEO_SERVICE_ALLOWED_ORIGINS.",
        )
