"""The interface of an expander: a bare idea becomes what a video needs to be decided on."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import Field

from reels.models import LanguageTag, Model, Phrase, Text

Angle = Annotated[Text, Field(min_length=1, max_length=300)]


class ExpandedIdea(Model):
    """Ways to make a video of an idea.

    `hook` is a first line to speak, `tone` how to speak, `format` how the video is built,
    `audience` whom it is for, and `angles` are different videos that the idea could become.
    """

    hook: Angle
    tone: Phrase
    format: Phrase
    audience: Phrase
    angles: tuple[Angle, ...] = Field(min_length=1, max_length=8)


class Expander(Protocol):
    """Expands ideas. `name` is that of the storyboarder of the same service."""

    name: str

    def expand(self, idea: str, language: LanguageTag) -> ExpandedIdea:
        """The idea expanded, in that language where the expander can.

        Raises:
            InvalidInput: the idea has no words.
            ProviderError: nothing could be made of it.
        """
        ...
