"""Timeline files for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reels.document import load
from reels.errors import InvalidInput
from tests.reels.render_kit import SMALL, noisy

#: A timeline of two seconds; `write` draws the picture that it names.
PLAIN: dict[str, Any] = {
    "version": 1,
    "size_px": list(SMALL),
    "shots": [{"media": "a.png", "frames": 40}, {"media": "a.png", "frames": 20}],
}


def write(folder: Path, **changes: Any) -> Path:
    """The timeline `PLAIN` with `changes` as a file, its picture beside it."""
    if not (folder / "a.png").exists():
        noisy(folder / "a.png", 1)
    file = folder / "timeline.json"
    file.write_text(json.dumps(PLAIN | changes, ensure_ascii=False), encoding="utf-8")
    return file


def refused(file: Path) -> InvalidInput:
    """The error with which a file is refused."""
    with pytest.raises(InvalidInput) as caught:
        load(file)
    return caught.value
