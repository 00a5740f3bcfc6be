"""The writers that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reels.chains import FALLING, links
from reels.cloud.attempts import tried
from reels.writers.base import Text, Wanted, Writer
from reels.writers.gemini import GeminiWriter
from reels.writers.outline import OutlineWriter

WRITERS: dict[str, Callable[[], Writer]] = {
    OutlineWriter.name: OutlineWriter,
    GeminiWriter.name: GeminiWriter,
}

__all__ = ["WRITERS", "Text", "Wanted", "Writer", "version_of", "written"]


def written(chain: str, wanted: Wanted) -> Text:
    """The text by the first of the chain that can write it; `degraded` says who could not.

    Raises:
        the last one's error when none can, and any that no other mends.
    """
    *others, last = _able(chain)
    failed = ""
    for each in others:
        try:
            return tried(partial(each.write, wanted)).model_copy(update={"degraded": failed})
        except FALLING as error:
            failed = failed or f"Not written by {each.name}: {error}"
    return tried(partial(last.write, wanted)).model_copy(update={"degraded": failed})


def version_of(chain: str) -> str:
    """Changes with whoever would write."""
    return "+".join(f"{each.name}-{each.version}" for each in _able(chain))


def _able(chain: str) -> list[Writer]:
    """Storyboarders of the chain that also write; the embedded one where there is none."""
    found = [WRITERS[name]() for name in links(chain) if name in WRITERS]
    return found or [OutlineWriter()]
