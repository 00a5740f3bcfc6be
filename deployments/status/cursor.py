"""Up to when each sink has been told everything: a small file, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

FILE = "status-cursor.json"


class Cursor:
    """The file in `directory`. What cannot be read counts as not there."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def read(self) -> dict[str, datetime]:
        """By the sinks' names."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(name): _time(text) for name, text in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def write(self, told: Mapping[str, datetime]) -> None:
        """Raises OSError. The notes on sinks that are not in use at present are kept."""
        content = {name: at.isoformat() for name, at in {**self.read(), **told}.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        making = self._path.with_suffix(".part")
        with making.open("w", encoding="utf-8") as file:
            json.dump(content, file, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        making.replace(self._path)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
