"""The aligner `whisper`: where known words lie in speech, by the attention of a local model.

The text is not recognised but given to the model, so it stays as it is written. Which sound
the model looks at while it reads a token tells when the token is spoken.
"""

from __future__ import annotations

from pathlib import Path

from reels.errors import BadOutput, InvalidInput
from reels.models import LanguageTag, Word
from reels.progress import OnShare
from reels.settings import ProviderSettings
from reels.spans import fit_words
from reels.transcripts import Transcript
from reels.words.hearing import RATE_HZ, hear
from reels.words.languages import whisper_language
from reels.words.sound import read_mono
from reels.words.transcribe import transcribe
from reels.words.whisper_checkpoint import PROVIDER, identity, package_version
from reels.words.whisper_model import in_use


class Whisper:
    """Aligns and transcribes with the model that the settings name."""

    name = PROVIDER

    @property
    def version(self) -> str:
        """Ours, the package's, and which model it is.

        Raises:
            ProviderError: the extra is not installed, or the model's file cannot be read.
        """
        model = ProviderSettings().whisper_local_model
        return f"1-{package_version()}-{identity(model)}"

    def align(self, audio: Path, text: str, language: LanguageTag) -> tuple[Word, ...]:
        """One `Word` per white-space separated word of `text`.

        Raises:
            InvalidInput: naming `narration` when the text is empty.
            BadOutput: the file holds no sound, the model does not know the language, or it
                does not hear the text.
            ProviderError: the extra is not installed, or the model cannot be had or loaded.
        """
        words = text.split()
        if not words:
            raise InvalidInput("narration", "There is no text to align.")
        sound = read_mono(audio, RATE_HZ, provider=self.name)
        with in_use(ProviderSettings().whisper_local_model) as model:
            code = whisper_language(language, model)
            if code is None:
                raise BadOutput(PROVIDER, f"Whisper's model does not know {language!r}.")
            spans = hear(model, sound, words, code)
        return fit_words(words, spans, len(sound) / RATE_HZ)

    def transcribe(
        self, audio: Path, language: LanguageTag | None, on_share: OnShare | None = None
    ) -> Transcript:
        """What is said in `audio`, of any length up to two hours; see `transcribe`."""
        return transcribe(audio, language, on_share)
