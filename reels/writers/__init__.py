"""The writers that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.chains import FALLING, links
from reels.writers.base import Text, Wanted, Writer
from reels.writers.gemini import GeminiWriter
from reels.writers.outline import OutlineWriter

WRITERS: dict[str, Callable[[], Writer]] = {
    OutlineWriter.name: OutlineWriter,
    GeminiWriter.name: GeminiWriter,
}

__all__ = ["WRITERS", "Text", "Wanted", "Writer", "version_of", "written"]


def written(chain: str, wanted: Wanted) -> Text:
    """The text by the first of the chain that can write it.

    Raises:
        the last one's error when none can, and any that no other mends.
    """
    *others, last = _able(chain)
    for each in others:
        try:
            return each.write(wanted)
        except FALLING:
            continue
    return last.write(wanted)


def version_of(chain: str) -> str:
    """Changes with whoever would write."""
    return "+".join(f"{each.name}-{each.version}" for each in _able(chain))


def _able(chain: str) -> list[Writer]:
    """Storyboarders of the chain that also write; the embedded one where there is none."""
    found = [WRITERS[name]() for name in links(chain) if name in WRITERS]
    return found or [OutlineWriter()]
