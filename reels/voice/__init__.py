"""The voices that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.errors import InvalidInput
from reels.models import LanguageTag
from reels.voice.base import Speech, Voice, VoiceInfo
from reels.voice.elevenlabs import ElevenLabsVoice
from reels.voice.espeak import Espeak
from reels.voice.gemini import GeminiVoice

VOICES: dict[str, Callable[[], Voice]] = {
    Espeak.name: Espeak,
    GeminiVoice.name: GeminiVoice,
    ElevenLabsVoice.name: ElevenLabsVoice,
}

__all__ = ["VOICES", "Speech", "Voice", "VoiceInfo", "languages", "speaks", "voice"]


def voice(name: str) -> Voice:
    """The voice that is listed as `name`.

    Raises:
        InvalidInput: naming `tts_provider`.
    """
    try:
        return VOICES[name]()
    except KeyError:
        raise InvalidInput(
            "tts_provider",
            f"There is no voice {name!r}.",
            remedy=f"Voices that there are: {', '.join(sorted(VOICES))}.",
        ) from None


def languages(name: str) -> frozenset[str]:
    """The language tags that a voice speaks, in lower case. Cheap: loads no engine."""
    return voice(name).languages()


def speaks(name: str, language: LanguageTag) -> bool:
    """Whether a voice speaks a language; `pt-BR-x-old` counts as `pt-BR`, then as `pt`."""
    return voice(name).speaks(language)
