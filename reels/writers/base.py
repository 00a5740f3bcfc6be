"""The interface of a writer: a prompt, and texts that it is about, become a text."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from reels.models import LanguageTag, Model

MAX_TEXT_CHARS = 20_000


class Wanted(Model):
    """`about` are texts that others have written before; `part` of `parts` of them is meant.

    `slides` is for how many slides a text is to be written, where that is told.
    """

    prompt: str
    about: tuple[str, ...] = ()
    part: int = Field(default=1, ge=1)
    parts: int = Field(default=1, ge=1)
    slides: int | None = Field(default=None, ge=1)
    language: LanguageTag = "en"


class Text(Model):
    """What was written, its paragraphs parted by blank lines, and by whom.

    `degraded` says why it was not who was asked first.
    """

    text: str = Field(min_length=1, max_length=MAX_TEXT_CHARS)
    provider: str
    degraded: str = ""


class Writer(Protocol):
    """Writes texts. `name` and `version` are part of the content key."""

    name: str

    @property
    def version(self) -> str:
        """Of our own code and, where one answers, of the model that the settings name now."""
        ...

    def write(self, wanted: Wanted) -> Text:
        """A text in the language that is wanted.

        Raises:
            InvalidInput: the prompt has no words.
            ProviderError: when no text could be made.
        """
        ...
