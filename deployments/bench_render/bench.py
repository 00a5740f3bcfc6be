"""What the parts of the bench share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import imageio_ffmpeg

#: What a part puts into render.json.
Figures = dict[str, Any]


class Bench(NamedTuple):
    """Where a part works and on what. `quick` asks for less of what takes minutes.

    `moviepy` is the interpreter that has MoviePy.
    """

    desk: Path
    out: Path
    pictures: Sequence[Path]
    moviepy: Path
    quick: bool = False

    def folder(self, name: str) -> Path:
        """A directory of a part's own."""
        folder = self.desk / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def share(part: float, whole: float) -> float:
    return round(part / whole, 4)


def ffmpeg_version() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_version())
