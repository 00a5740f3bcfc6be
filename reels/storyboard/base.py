"""The interface of a storyboarder: an idea or a text becomes scenes."""

from __future__ import annotations

from typing import Protocol

from reels.models import Aspect, LanguageTag, Model, Storyboard
from reels.storyboard.figures import KINDS as FIGURES


class Brief(Model):
    """What a storyboarder is told. Exactly one of `idea` and `text` is given."""

    idea: str | None = None
    text: str | None = None
    language: LanguageTag = "en"
    style: str = ""
    tone: str = ""
    duration_s: int | None = None
    aspect: Aspect = "9:16"
    visuals: tuple[str, ...] = ("slide", *FIGURES)


class Revision(Model):
    """A draft that a person sent back, with what they want changed."""

    storyboard: Storyboard
    comment: str


class Storyboarder(Protocol):
    """Makes a storyboard. `name` and `version` are part of the content key."""

    name: str

    @property
    def version(self) -> str:
        """Of our own code and, where one answers, of the model that the settings name now."""
        ...

    def draft(self, brief: Brief, revision: Revision | None = None) -> Storyboard:
        """A storyboard in the brief's language; MUST speak all of `brief.text` when given.

        Raises:
            ProviderError: when no storyboard could be made.
        """
        ...
