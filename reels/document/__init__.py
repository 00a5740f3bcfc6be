"""Timeline files: JSON documents that hold everything of a video, its sound among it.

`docs/timeline.md` describes the format, `docs/timeline.schema.json` is its schema.
"""

from reels.document.media_file import MediaFile
from reels.document.model import (
    VERSION,
    Document,
    EffectEntry,
    FilmEntry,
    LineEntry,
    LogoEntry,
    ShotEntry,
)
from reels.document.reading import load

__all__ = [
    "VERSION",
    "Document",
    "EffectEntry",
    "FilmEntry",
    "LineEntry",
    "LogoEntry",
    "MediaFile",
    "ShotEntry",
    "load",
]
