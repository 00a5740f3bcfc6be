"""The aligner `elevenlabs`: forced alignment of speech that the user brings. It is paid."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reels.characters import words_of
from reels.cloud.elevenlabs import ONE_TRY, paying
from reels.cloud.elevenlabs_errors import SERVICE
from reels.errors import BadOutput, InvalidInput
from reels.models import LanguageTag, Word
from reels.words.sound import Samples, read_mono

if TYPE_CHECKING:
    from elevenlabs.client import ElevenLabs
    from elevenlabs.types.forced_alignment_response_model import ForcedAlignmentResponseModel

_OURS = "1"
#: The service has one model for it and takes no name; this is the entry in the prices.
_MODEL = "forced_alignment"
#: What recognisers listen at.
_RATE_HZ = 16_000


class ElevenLabsAligner:
    """Sends the speech (16 kHz, mono, without the file's name and tags) and its text."""

    name = SERVICE
    version = _OURS

    def align(self, audio: Path, text: str, language: LanguageTag) -> tuple[Word, ...]:
        """One `Word` per white-space separated word of `text`; the service hears the language.

        Raises:
            InvalidInput: naming `narration` when the text is empty.
            BadOutput: the file holds no sound, or the answer does not fit the text.
            ProviderError: ElevenLabs failed or refused.
        """
        del language
        if not text.split():
            raise InvalidInput("narration", "There is no text to align.")
        sound = read_mono(audio, _RATE_HZ, provider=self.name)
        duration_s = len(sound) / _RATE_HZ
        with paying(_MODEL, "alignment", expected={"second": duration_s}) as connection:
            reply = connection.ask(lambda client: _aligned(client, _wav(sound), text))
            words = words_of(text, _told(reply), duration_s)
            if words is None:
                raise BadOutput(SERVICE, "ElevenLabs' alignment does not fit the text.")
        return words


def _aligned(client: ElevenLabs, sound: bytes, text: str) -> ForcedAlignmentResponseModel:
    file = ("speech.wav", sound, "audio/wav")
    create = client.forced_alignment.with_raw_response.create
    aligned: ForcedAlignmentResponseModel = create(
        file=file, text=text, request_options=ONE_TRY
    ).data
    return aligned


def _told(reply: Any) -> Any:
    """The answer's words in the form of `Characters`; its characters drop what is not spoken."""
    try:
        words = reply.words
        return {
            "characters": [each.text for each in words],
            "character_start_times_seconds": [each.start for each in words],
            "character_end_times_seconds": [each.end for each in words],
        }
    except (AttributeError, TypeError):
        return None


def _wav(sound: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE_HZ)
        out.writeframes(np.rint(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
