"""Pages of a shelf, by name. A token holds the last name, so that nothing is lost or told twice
while files come and go."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from pydantic import ValidationError

from api.shelf.media import MediaItem, Shelf
from reels.errors import InvalidInput
from reels.models import Model

MAX_PAGE = 200
_AT_ONCE = 8


class MediaList(Model):
    """Files by their names. Without a `next_page_token` this is the last page."""

    media: tuple[MediaItem, ...]
    next_page_token: str | None = None


class _Place(Model):
    """Where a page ended: the path of its last file, in the list of a folder."""

    folder: str
    after: str

    def token(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def of_token(cls, token: str, folder: str) -> Self:
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            place = cls.model_validate_json(raw, strict=True)
        except (binascii.Error, ValidationError, ValueError):
            raise InvalidInput(
                "page_token", "This is no page token of ours.", remedy="Start without one."
            ) from None
        if place.folder != folder:
            raise InvalidInput(
                "page_token",
                "The token belongs to the list of another folder.",
                remedy="Ask with the same folder as for the first page.",
            )
        return place


def page_of(shelf: Shelf, folder: str, size: int, token: str) -> MediaList:
    """At most `size` files after those that `token` tells of. Blocks.

    Raises:
        InvalidInput: naming `page_token`.
    """
    after = _Place.of_token(token, folder).after if token else ""
    names = shelf.names(folder)
    start = bisect_right(names, after)
    shown = names[start : start + size]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        items = tuple(item for item in pool.map(shelf.item, shown) if item is not None)
    is_last = start + size >= len(names)
    return MediaList(
        media=items,
        next_page_token=None if is_last else _Place(folder=folder, after=shown[-1]).token(),
    )
