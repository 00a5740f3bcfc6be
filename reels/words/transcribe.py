"""What is said in a sound that a user brings, by Whisper, with the time of every word.

The sound is cut at its pauses into stretches that the model hears at once, so that the work
is bounded by the sound's length whatever the model makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from reels.errors import BadOutput, InvalidInput
from reels.models import LanguageTag, Text, Word
from reels.progress import OnShare
from reels.settings import ProviderSettings
from reels.spans import Span, fit_words, shift
from reels.transcripts import SpokenSegment, Transcript
from reels.words.hearing import HEARD_S, PAUSE_S, RATE_HZ, hear, mel
from reels.words.languages import whisper_language
from reels.words.proportional import spread
from reels.words.sound import Samples, read_mono, silences
from reels.words.whisper_checkpoint import PROVIDER
from reels.words.whisper_model import in_use

#: A stretch is at least so long where a pause allows, so that the model has some context.
_LEAST_S = 14.0
#: Tried in order, until the text is neither improbable nor repeats itself.
_TEMPERATURES = (0.0, 0.4, 0.8)
#: Whisper's own limits for that, and for taking a stretch to be without speech.
_REPETITIVE, _IMPROBABLE, _NO_SPEECH = 2.4, -1.0, 0.6
#: A stretch that is nowhere louder, of full scale, holds nothing to hear.
_SILENT = 0.001
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
_CLEAN: TypeAdapter[str] = TypeAdapter(Text)


def transcribe(
    audio: Path, language: LanguageTag | None = None, on_share: OnShare | None = None
) -> Transcript:
    """The words of the first sound of `audio`, an audio or a video file of up to two hours.

    `language` is heard from the first stretch when it is None. Every segment's text is its
    words with single spaces; a sound without speech has none. `on_share` is called in this
    thread after every stretch.

    Raises:
        InvalidInput: naming `language`, which the model does not know.
        BadOutput: the file holds no sound, or the model fails on it.
        ProviderError: the extra is not installed, or the model cannot be had or loaded.
    """
    sound = read_mono(audio, RATE_HZ, provider=PROVIDER)
    duration_s = len(sound) / RATE_HZ
    quiet = silences(sound, RATE_HZ, PAUSE_S)
    segments: list[SpokenSegment] = []
    words: list[Word] = []
    code = ""
    for start_s, end_s in stretches(quiet, duration_s):
        part = sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        with in_use(ProviderSettings().whisper_local_model) as model:
            code = code or _code(model, language, part)
            heard = shift(_words(model, part, code), start_s)
        words += heard
        segments += _segments(heard)
        if on_share:
            on_share(end_s / (duration_s or 1.0))
    return Transcript(
        language=code,
        duration_s=duration_s,
        provider=PROVIDER,
        words=tuple(words),
        segments=tuple(segments),
    )


def stretches(quiet: list[Span], duration_s: float) -> Iterator[Span]:
    """The whole sound in parts that the model can hear, cut in the longest pause that is near."""
    at_s = 0.0
    while duration_s - at_s > HEARD_S:
        near = [
            (min(end, at_s + HEARD_S) - max(start, at_s + _LEAST_S), start, end)
            for start, end in quiet
            if end > at_s + _LEAST_S and start < at_s + HEARD_S
        ]
        cut_s = at_s + HEARD_S
        if near:
            _, start, end = max(near)
            cut_s = (max(start, at_s + _LEAST_S) + min(end, at_s + HEARD_S)) / 2
        yield at_s, cut_s
        at_s = cut_s
    yield at_s, duration_s


def _code(model: Any, language: LanguageTag | None, sound: Samples) -> str:
    """Whisper's own code of the language, heard when it is not told."""
    if language is None:
        if not model.is_multilingual:
            return "en"
        _, chances = model.detect_language(mel(model, sound))
        return str(max(chances, key=chances.get))
    code = whisper_language(language, model)
    if code is None:
        raise InvalidInput(
            "language",
            f"Whisper's model does not know the language {language!r}.",
            remedy="Leave the language out, and it is heard.",
        )
    return code


def _words(model: Any, sound: Samples, code: str) -> tuple[Word, ...]:
    """The words of up to 30 s of sound, on its own clock."""
    texts = _text(model, sound, code).split()
    if not texts:
        return ()
    duration_s = len(sound) / RATE_HZ
    try:
        spans = hear(model, sound, texts, code)
    except BadOutput:
        spans = spread(texts, silences(sound, RATE_HZ, PAUSE_S), duration_s)
    return fit_words(texts, spans, duration_s)


def _text(model: Any, sound: Samples, code: str) -> str:
    """What is said, cleaned as people's own text is; empty for no speech."""
    from whisper import DecodingOptions

    if np.abs(sound).max() < _SILENT:
        return ""
    heard = mel(model, sound)
    for temperature in _TEMPERATURES:
        options = DecodingOptions(
            language=code,
            temperature=temperature,
            without_timestamps=True,
            fp16=model.device.type == "cuda",
        )
        found = model.decode(heard, options)
        is_improbable = found.avg_logprob < _IMPROBABLE
        if found.no_speech_prob > _NO_SPEECH and is_improbable:
            return ""
        if not is_improbable and found.compression_ratio <= _REPETITIVE:
            break
    return _CLEAN.validate_python(found.text.replace("\ufffd", ""))


def _segments(words: tuple[Word, ...]) -> Iterator[SpokenSegment]:
    """A segment ends with its sentence, or with the words."""
    first = 0
    for after, word in enumerate(words, 1):
        if word.text.rstrip("\"'»”’)]").endswith(_SENTENCE_ENDS) or after == len(words):
            own = words[first:after]
            text = " ".join(each.text for each in own)
            yield SpokenSegment(start_s=own[0].start_s, end_s=own[-1].end_s, text=text)
            first = after
