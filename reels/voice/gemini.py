"""The voice `gemini`: people's voices in two dozen languages. It is paid, and tells no times."""

from __future__ import annotations

import io
import re
import wave
from pathlib import Path

from reels.cloud.gemini import Blob, chosen_model, generate
from reels.cloud.gemini_client import SERVICE
from reels.errors import BadOutput, InvalidInput
from reels.models import LanguageTag
from reels.settings import ProviderSettings
from reels.voice.base import Speech, VoiceInfo
from reels.voice.spoken import is_speakable, spoken_text

_OURS = "1"
_SAMPLE_RATE = re.compile(r"rate=(\d{4,6})")
_USUAL_RATE_HZ = 24_000
#: The service counts 25 tokens for a second of speech; a second speaks about 14 characters.
_TOKENS_PER_CHAR = 25 / 14
#: Speech that lasts longer than this has gone astray: the model can go on after the line.
_LONGEST_S, _LONGEST_S_PER_CHAR = 5.0, 0.5

#: From the service's public documentation.
LANGUAGES = frozenset(
    {
        *("ar", "bn", "de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "mr"),
        *("nl", "pl", "pt", "ro", "ru", "ta", "te", "th", "tr", "uk", "vi"),
    }
)
NAMES = (
    *("Achernar", "Achird", "Algenib", "Algieba", "Alnilam", "Aoede", "Autonoe", "Callirrhoe"),
    *("Charon", "Despina", "Enceladus", "Erinome", "Fenrir", "Gacrux", "Iapetus", "Kore"),
    *("Laomedeia", "Leda", "Orus", "Puck", "Pulcherrima", "Rasalgethi", "Sadachbia"),
    *("Sadaltager", "Schedar", "Sulafat", "Umbriel", "Vindemiatrix", "Zephyr", "Zubenelgenubi"),
)
_BY_LOWER = {name.lower(): name for name in NAMES}


class GeminiVoice:
    """`voice` is one of `NAMES`, in any case; empty is the setting's."""

    name = SERVICE

    def __init__(self) -> None:
        settings = ProviderSettings()
        self._default = settings.gemini_tts_voice
        self.version = f"{_OURS}-{settings.gemini_tts_model}-{self._default}"

    def languages(self) -> frozenset[str]:
        """The tags that the model speaks; a longer tag counts as its parent."""
        return LANGUAGES

    def speaks(self, language: LanguageTag) -> bool:
        return language.split("-")[0].lower() in LANGUAGES

    def check(self, language: LanguageTag, voice: str) -> None:
        """Refuse a language or a voice that Gemini does not have."""
        if not self.speaks(language):
            raise InvalidInput(
                "language",
                f"Gemini does not speak {language!r}.",
                remedy=f"Languages that it speaks: {', '.join(sorted(LANGUAGES))}.",
            )
        if voice and voice.lower() not in _BY_LOWER:
            raise InvalidInput(
                "voice",
                f"Gemini has no voice {voice[:64]!r}.",
                remedy=f"Use one of: {', '.join(NAMES)}.",
            )

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices, which all speak any of the languages."""
        return tuple(VoiceInfo(id=name, name=name, provider=self.name) for name in NAMES)

    def speak(self, line: str, *, language: LanguageTag, voice: str, to: Path) -> Speech:
        """Speak `line` into `to` (WAV, mono, 16 bit, 48 kHz). `words` is None.

        Raises:
            InvalidInput: `language`, `voice`, or `narration` when nothing can be spoken.
            BadOutput: what came is no speech, silent, or far too long.
            ProviderError, BudgetExceeded: see `reels.cloud.gemini`.
        """
        # numpy is loaded when a line is spoken, not when an API process lists the languages.
        from reels.cloud.received import save_speech

        self.check(language, voice)
        if not is_speakable(line):
            raise InvalidInput(
                "narration",
                f"Nothing in {line[:60]!r} can be spoken.",
                remedy="Write at least one word or number.",
            )
        reply = generate(
            chosen_model("gemini_tts_model"),
            "speech",
            contents=_prompt(line),
            config={
                "response_modalities": ["AUDIO"],
                "speech_config": self._speech_config(language, voice),
            },
            expected={
                "input_token": len(line),
                "output_token": len(line) * _TOKENS_PER_CHAR,
            },
        )
        if not reply.blobs:
            raise BadOutput(SERVICE, "Gemini answered with words in place of speech.")
        duration_s = save_speech(_sound(reply.blobs), to, provider=SERVICE)
        if duration_s > _LONGEST_S + _LONGEST_S_PER_CHAR * len(line):
            raise BadOutput(
                SERVICE,
                f"Gemini spoke for {duration_s:.0f} s over a line of {len(line)} characters.",
            )
        return Speech(path=to, duration_s=duration_s)

    def _speech_config(self, language: LanguageTag, voice: str) -> dict[str, object]:
        name = _BY_LOWER.get((voice or self._default).lower(), self._default)
        return {
            "language_code": language,
            "voice_config": {"prebuilt_voice_config": {"voice_name": name}},
        }


def _prompt(line: str) -> str:
    """The model takes directions: the line is set apart, so that it is read and not obeyed."""
    return f"Read this aloud, word for word, and nothing else:\n\n{spoken_text(line).strip()}"


def _sound(blobs: tuple[Blob, ...]) -> bytes:
    """One file: the service sends raw samples of 16 bits, and tells their rate by the type."""
    first = blobs[0].mime_type.lower()
    if not ("l16" in first or "pcm" in first):
        return blobs[0].data
    found = _SAMPLE_RATE.search(first)
    samples = b"".join(blob.data for blob in blobs)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(int(found.group(1)) if found else _USUAL_RATE_HZ)
        out.writeframes(samples[: len(samples) // 2 * 2])
    return file.getvalue()
