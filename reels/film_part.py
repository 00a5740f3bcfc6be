"""A part of a file that is being fetched, with a note of which file that is."""

from __future__ import annotations

import os
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from reels.fetch_errors import header
from reels.models import Model

if TYPE_CHECKING:
    import httpcore

_PART, _NOTE, _WHOLE = "part", "part.json", "film"


class Note(Model):
    """Which file the part is of: its address, the server's mark of it and its size."""

    url: str
    mark: str = ""
    size_bytes: int | None = None


class Desk:
    """The directory in which a film lies, whole or in part."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.part = home / _PART
        #: What the film is called, without the suffix of what it is.
        self.film = home / _WHOLE

    @property
    def note(self) -> Note:
        """The note; one of no address when there is none that can be read."""
        try:
            return Note.model_validate_json((self._home / _NOTE).read_bytes())
        except (OSError, ValidationError):
            return Note(url="")

    def write(self, note: Note) -> None:
        beside = self._home / f".{_NOTE}"
        beside.write_text(note.model_dump_json())
        os.replace(beside, self._home / _NOTE)

    @property
    def size_bytes(self) -> int:
        """How much has come."""
        return self.part.stat().st_size if self.part.exists() else 0

    def whole(self, url: str) -> Path | None:
        """The film of that address, if it lies here whole."""
        found = next(self._home.glob(f"{_WHOLE}.*"), None)
        return found if self.note.url == url else None

    def clear(self) -> None:
        """Drop all that has come."""
        for file in (self.part, self._home / _NOTE, *self._home.glob(f"{_WHOLE}.*")):
            file.unlink(missing_ok=True)


def mark(reply: httpcore.Response) -> str:
    """By what the server knows the file: a strong ETag, or when it was last modified, if that
    is long enough ago to tell two versions apart (RFC 9110, 8.8.2.2). Empty: it has none.
    """
    etag, modified = header(reply, b"etag").strip(), header(reply, b"last-modified").strip()
    if re.fullmatch(r'"[!#-~]*"', etag):
        return etag
    at, now = _time(modified), _time(header(reply, b"date"))
    return modified if at and now and (now - at).total_seconds() >= 1 else ""


def _time(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
