"""The interface of a voice: a line of text becomes speech, with word times where known."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from reels.models import LanguageTag, Model, Word


class Speech(Model):
    """A spoken line in a local file. Times count from the start of the file.

    `words` is None when the voice knows no word times; otherwise it MUST cover every
    white-space separated word of the line in order, with its text as written.
    """

    path: Path
    duration_s: float
    words: tuple[Word, ...] | None = None


class VoiceInfo(Model):
    """A voice to choose. `id` is what a request's or a scene's `voice` is to say.

    `language` is the one that it is at home in, or None when it speaks any of its provider's.
    """

    id: str
    name: str
    provider: str
    language: str | None = None
    preview_url: str | None = None


class Voice(Protocol):
    """Speaks. `name` and `version` are part of the content key."""

    name: str
    version: str

    def languages(self) -> frozenset[str]:
        """The language tags that it speaks, in lower case. MUST be cheap: no engine, no net."""
        ...

    def speaks(self, language: LanguageTag) -> bool:
        """Whether a line in this language can be spoken."""
        ...

    def check(self, language: LanguageTag, voice: str) -> None:
        """Refuse what cannot be spoken with. MUST be cheap: no engine, no net.

        Raises:
            InvalidInput: naming `language` or `voice`.
        """
        ...

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices to choose from. MAY ask a service, and then MUST keep its answer a while.

        Raises:
            ProviderError: when the service does not list them.
        """
        ...

    def speak(self, line: str, *, language: LanguageTag, voice: str, to: Path) -> Speech:
        """Speak `line` into the WAV file `to` (mono, 16 bit, 44.1 or 48 kHz).

        Raises:
            InvalidInput: no such language or voice.
            ProviderError: when nothing could be spoken.
        """
        ...
