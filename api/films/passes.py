"""Passes: what lets a player, which proves nothing of itself, read one film's playlists.

A pass is an HMAC over what it opens, the film, its owner and an end. A master playlist
hands out passes to its tracks; those open no master, so that no pass renews itself.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from enum import Enum
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from reels.errors import LinkRefused
from reels.links import load_secret
from reels.settings import StoreSettings

_NEW_ONE = "Ask for a new address: GET the film again."


class Scope(Enum):
    """What a pass opens."""

    #: The master playlist, and the page.
    FILM = "film"
    #: The playlists that the master names.
    TRACKS = "tracks"


class Shown(NamedTuple):
    """What a request shows: the query of an address that was signed, or nothing of it."""

    user: str = ""
    expires: str = ""
    signature: str = ""


class Passes:
    """Signs with the key of local links, for every kind of store.

    Without `VIDEO_SERVICE_SIGNING_KEY` that is a file in the data directory, which other
    machines do not know.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings

    def query(self, scope: Scope, film: UUID, user: str, life_s: int) -> str:
        """The query that opens it for so many seconds."""
        ends = int(time.time()) + life_s
        signature = self._mac(scope, film, user, ends)
        return urlencode({"user": user, "expires": ends, "signature": signature})

    def require(self, scope: Scope, film: UUID, shown: Shown) -> str:
        """The owner of the film that the pass opens.

        Raises:
            LinkRefused: it is none of ours for this, or it is over.
        """
        if not re.fullmatch(r"[0-9]{1,12}", shown.expires):
            raise LinkRefused("The address carries no valid expiry.", remedy=_NEW_ONE)
        due = self._mac(scope, film, shown.user, int(shown.expires))
        if not hmac.compare_digest(shown.signature.encode(errors="replace"), due.encode()):
            raise LinkRefused("The address's signature is wrong.", remedy=_NEW_ONE)
        if time.time() >= int(shown.expires):
            raise LinkRefused("The address has expired.", remedy=_NEW_ONE)
        return shown.user

    def _mac(self, scope: Scope, film: UUID, user: str, ends: int) -> str:
        body = json.dumps(["reelwright-pass-1", scope.value, str(film), user, ends])
        return hmac.new(self._secret, body.encode(), sha256).hexdigest()

    @cached_property
    def _secret(self) -> bytes:
        key = self._settings.signing_key.get_secret_value()
        return key.encode() if key else load_secret(self._settings.data_dir / "signing.key")
