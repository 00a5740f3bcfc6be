"""Who makes a thing, and who makes it when they cannot: `gemini,outline`."""

from __future__ import annotations

from typing import Literal

from reels.errors import BadOutput, InvalidInput, QuotaExceeded, RateLimited, TransientFailure
from reels.models import LanguageTag, Model
from reels.voice import voice as voice_named

ChainStage = Literal["storyboard", "visual", "voice", "words", "music", "effect"]

#: After these the next in a chain is asked. A wrong key and a wrong value are for a person
#: to mend, and content that was refused is not carried to the next door.
FALLING = (QuotaExceeded, RateLimited, TransientFailure, BadOutput)


class Fallback(Model):
    """One step down a chain. `instead` is empty when the chain was at its end."""

    stage: ChainStage
    failed: str
    instead: str
    reason: str

    def __str__(self) -> str:
        made = f"made by {self.instead} instead of {self.failed}"
        return f"{self.stage}: {made if self.instead else f'none by {self.failed}'}: {self.reason}"


def links(setting: str) -> tuple[str, ...]:
    """The names in a chain, in order, each once.

    Raises:
        InvalidInput: there is none.
    """
    names = tuple(dict.fromkeys(name.strip() for name in setting.split(",") if name.strip()))
    if not names:
        raise InvalidInput("provider", "A chain of providers is empty.", remedy="Name one.")
    return names


def speakers(setting: str, language: LanguageTag, voice: str) -> tuple[str, ...]:
    """Who can speak, in order, from the first on that knows both the language and the voice.

    Those after it need not know the voice (see `known_voice`).

    Raises:
        InvalidInput: nobody in the chain can; what the first one says of it.
    """
    able: list[str] = []
    refusal: InvalidInput | None = None
    for name in links(setting):
        try:
            voice_named(name).check(language, voice)
            able.append(name)
        except InvalidInput as error:
            refusal = refusal or error
            if able and voice_named(name).speaks(language):
                able.append(name)
    if refusal is not None and not able:
        raise refusal
    return tuple(able)


def known_voice(provider: str, language: LanguageTag, voice: str) -> str:
    """`voice` if the provider knows it, else empty: the provider's own."""
    try:
        voice_named(provider).check(language, voice)
    except InvalidInput:
        return ""
    return voice
