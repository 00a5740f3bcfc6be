"""The interface of an aligner: speech and its text become word times."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from reels.models import LanguageTag, Word


class Aligner(Protocol):
    """Finds when each word is spoken. `name` and `version` are part of the content key."""

    name: str
    version: str

    def align(self, audio: Path, text: str, language: LanguageTag) -> tuple[Word, ...]:
        """One `Word` per white-space separated word of `text`, in order, inside the audio.

        Raises:
            ProviderError: when the speech cannot be aligned.
        """
        ...
