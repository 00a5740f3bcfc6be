"""The interfaces: speech and its text become word times, and a sound becomes its text."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from reels.models import LanguageTag, Word
from reels.progress import OnShare
from reels.transcripts import Transcript


class Aligner(Protocol):
    """Finds when each word is spoken. `name` and `version` are part of the content key."""

    name: str

    @property
    def version(self) -> str: ...

    def align(self, audio: Path, text: str, language: LanguageTag) -> tuple[Word, ...]:
        """One `Word` per white-space separated word of `text`, in order, inside the audio.

        Raises:
            ProviderError: when the speech cannot be aligned.
        """
        ...


class Transcriber(Protocol):
    """Finds what is said. `name` and `version` are part of the content key."""

    name: str

    @property
    def version(self) -> str: ...

    def transcribe(
        self, audio: Path, language: LanguageTag | None, on_share: OnShare | None = None
    ) -> Transcript:
        """All words of the first sound of `audio`; None lets the language be heard.

        `on_share` hears which share of the sound has been gone through.

        Raises:
            InvalidInput: naming `language`, which the transcriber does not know.
            ProviderError: when the sound cannot be transcribed.
        """
        ...
