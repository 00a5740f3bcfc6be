"""The voice `espeak`: about 100 languages, offline, with word times. It sounds like a robot."""

from __future__ import annotations

import tempfile
import wave
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from reels.errors import ProviderError
from reels.models import LanguageTag
from reels.spans import Span, fit_words
from reels.voice.base import Speech, VoiceInfo
from reels.voice.espeak_catalog import (
    engine_voice,
    language_names,
    language_voice,
    languages,
    variants,
)
from reels.voice.espeak_engine import Delivery, Utterance, utter

_OURS = "1"
#: Chosen among 50 by DNSMOS (P.808 3.9 against 3.6 of the engine's own voice, English; better
#: or level in Russian, German and Spanish) and by the word errors of a small recogniser.
DEFAULT_VARIANT = "+Diogo"


class Espeak:
    """espeak-ng in a process per line, polished to 48 kHz.

    The same line gives the same bytes, but for variants with breath noise such as `f5`.

    `voice` is empty, a variant of espeak-ng (`f2`, `Annie`), one of its voices of the
    language (`en-gb-x-rp`), or both joined by `+`; without a variant it is `DEFAULT_VARIANT`.
    """

    name = "espeak"

    def __init__(self, delivery: Delivery | None = None, *, time_limit_s: float = 30.0) -> None:
        self.delivery = delivery or Delivery()
        self.time_limit_s = time_limit_s
        self.version = _version()

    def languages(self) -> frozenset[str]:
        """The tags that can be spoken, in lower case; a longer tag counts as its parent."""
        return frozenset(languages())

    def speaks(self, language: LanguageTag) -> bool:
        return language_voice(language) is not None

    def check(self, language: LanguageTag, voice: str) -> None:
        """Refuse a language or a voice that espeak-ng does not have."""
        engine_voice(language, voice, DEFAULT_VARIANT)

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices of the languages, then the variants, which go with any language."""
        own = [
            VoiceInfo(id=tag, name=name, provider=self.name, language=tag)
            for tag, name in language_names().items()
        ]
        # Some variants' files have a space in their name, which no request's `voice` can hold.
        fit = sorted(name for name in variants().values() if " " not in name)
        return (*own, *(VoiceInfo(id=name, name=name, provider=self.name) for name in fit))

    def speak(self, line: str, *, language: LanguageTag, voice: str, to: Path) -> Speech:
        """Speak `line` into `to` (WAV, mono, 16 bit, 48 kHz), with times for every word.

        Raises:
            InvalidInput: `language`, `voice`, or `narration` when nothing can be spoken.
            ProviderError: the engine failed, took too long, or the file cannot be written.
        """
        chosen = engine_voice(language, voice, DEFAULT_VARIANT)
        with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
            utterance = utter(
                line,
                voice=chosen,
                delivery=self.delivery,
                to=Path(folder) / "raw.wav",
                time_limit_s=self.time_limit_s,
            )
            return _finish(line, utterance, to)


@cache
def _version() -> str:
    try:
        return f"{_OURS}-{version('espeakng-loader')}"
    except PackageNotFoundError:
        return _OURS


def _finish(line: str, utterance: Utterance, to: Path) -> Speech:
    # numpy is loaded when a line is spoken, not when an API process lists the languages.
    import numpy as np

    from reels.voice.polish import RATE_HZ, polish

    with wave.open(str(utterance.path), "rb") as raw:
        pcm = np.frombuffer(raw.readframes(raw.getnframes()), dtype="<i2")
    polished = polish(pcm / 32768.0, utterance.rate_hz)
    try:
        with to.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes(np.round(polished.samples * 32767).astype("<i2").tobytes())
    except OSError as error:
        raise ProviderError("espeak", f"The speech cannot be written to {to}: {error}.") from error
    spans = [_moved(span, polished.moved_s) for span in utterance.spans]
    words = fit_words(line.split(), spans, polished.duration_s)
    return Speech(path=to, duration_s=polished.duration_s, words=words)


def _moved(span: Span | None, by_s: float) -> Span | None:
    return (span[0] + by_s, span[1] + by_s) if span else None
