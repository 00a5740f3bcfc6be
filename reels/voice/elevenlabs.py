"""The voice `elevenlabs`: people's voices in 30 to 70 languages, with word times. It is paid."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reels.characters import words_of
from reels.cloud.elevenlabs import ONE_TRY, paying
from reels.cloud.elevenlabs_errors import SERVICE
from reels.errors import BadOutput, InvalidInput
from reels.models import LanguageTag
from reels.settings import ProviderSettings
from reels.voice import elevenlabs_voices as catalog
from reels.voice.base import Speech, VoiceInfo
from reels.voice.spoken import is_speakable, spoken_text

if TYPE_CHECKING:
    from elevenlabs.types.audio_with_timestamps_response import AudioWithTimestampsResponse

_OURS = "1"
#: The best that every plan has; raw samples need a larger one.
_FORMAT = "mp3_44100_128"
_VOICE = re.compile(r"[A-Za-z0-9_+.-]{0,64}")
#: Angle brackets would be read as SSML: `<break time="3s"/>` in a line is text.
_BRACKETS = str.maketrans("<>", "  ")


class ElevenLabsVoice:
    """`voice` is the id of a voice or its name; a name is looked up in the account's list."""

    name = SERVICE

    def __init__(self) -> None:
        settings = ProviderSettings()
        self._model = settings.elevenlabs_model_id
        self._default = settings.elevenlabs_voice_id
        self.version = f"{_OURS}-{self._model}-{self._default}"

    def languages(self) -> frozenset[str]:
        """The tags that the model speaks; a longer tag counts as its parent."""
        return catalog.languages(self._model)

    def speaks(self, language: LanguageTag) -> bool:
        return language.split("-")[0].lower() in self.languages()

    def check(self, language: LanguageTag, voice: str) -> None:
        """Refuse a language that the model lacks; whether a voice exists only the service knows."""
        if not self.speaks(language):
            raise InvalidInput(
                "language",
                f"ElevenLabs' model {self._model} does not speak {language!r}.",
                remedy=f"Languages that it speaks: {', '.join(sorted(self.languages()))}.",
            )
        if not _VOICE.fullmatch(voice):
            raise InvalidInput(
                "voice", f"{voice[:64]!r} is neither the id nor the name of a voice."
            )

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The account's voices; asks the service at most every five minutes."""
        return catalog.voices()

    def speak(self, line: str, *, language: LanguageTag, voice: str, to: Path) -> Speech:
        """Speak `line` into `to` (WAV, mono, 16 bit, 48 kHz).

        `words` is None when the service tells no times, or some that cannot be.

        Raises:
            InvalidInput: `language`, `voice`, or `narration` when nothing can be spoken.
            ProviderError: ElevenLabs failed or refused.
        """
        self.check(language, voice)
        if not is_speakable(line):
            raise InvalidInput(
                "narration",
                f"Nothing in {line[:60]!r} can be spoken.",
                remedy="Write at least one word or number.",
            )
        text = spoken_text(line).translate(_BRACKETS)
        chosen = catalog.voice_id(voice or self._default)
        with paying(self._model, "speech", expected={"credit": len(text)}) as connection:
            reply = connection.ask(
                lambda client: client.text_to_speech.with_raw_response.convert_with_timestamps(
                    chosen,
                    text=text,
                    output_format=_FORMAT,
                    model_id=self._model,
                    request_options=ONE_TRY,
                    **self._told(language),
                )
            ).data
            return _speech(line, text, reply, to)

    def _told(self, language: LanguageTag) -> dict[str, Any]:
        code = catalog.language_code(self._model, language)
        return {"language_code": code} if code else {}


def _speech(line: str, text: str, reply: AudioWithTimestampsResponse, to: Path) -> Speech:
    # numpy is loaded when a line is spoken, not when an API process lists the languages.
    from reels.cloud.received import save_speech

    try:
        sound = base64.b64decode(reply.audio_base_64, validate=True)
    except (AttributeError, TypeError, binascii.Error, ValueError):
        raise BadOutput(SERVICE, "ElevenLabs answered without a sound.") from None
    duration_s = save_speech(sound, to, provider=SERVICE)
    told = (getattr(reply, "alignment", None), getattr(reply, "normalized_alignment", None))
    words = (words_of(line, each, duration_s, sent=text) for each in told)
    found = next((each for each in words if each is not None), None)
    return Speech(path=to, duration_s=duration_s, words=found)
