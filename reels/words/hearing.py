"""Listens with Whisper's model for known words, in windows that it can hear at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import isfinite
from typing import Any

import numpy as np

from reels.errors import BadOutput
from reels.spans import Span, fit_words
from reels.words.proportional import spread
from reels.words.sound import Samples, off_silence, silences
from reels.words.whisper_checkpoint import PROVIDER
from reels.words.windows import Piece, Window, pieces, windows

RATE_HZ = 16_000
#: The model hears so much at once.
HEARD_S = 30.0
#: Mel frames are so many samples apart.
_FRAME = 160
#: Tokens of a call that are not the text's: start, language, task, no times, end; and spare.
_OWN_TOKENS = 8
PAUSE_S = 0.10
#: Languages that are written without spaces, and so read by the model.
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
#: A smaller share of words with a time of their own, and the model did not hear the text.
_LEAST_HEARD = 0.5


def hear(model: Any, sound: Samples, words: Sequence[str], code: str) -> list[Span | None]:
    """Where each word lies, or None for one that makes no sound or was not found.

    `sound` is 16 kHz, of any length; `code` is Whisper's own for the language.

    Raises:
        BadOutput: the model does not hear the words.
    """
    duration_s = len(sound) / RATE_HZ
    quiet = silences(sound, RATE_HZ, PAUSE_S)
    parts = pieces(words)
    about = _about(parts, quiet, duration_s)
    reader = _Reader(model, code)
    tokens = [reader.tokens(part) for part in parts]
    room = model.dims.n_text_ctx - _OWN_TOKENS
    found: list[Span | None] = []
    for window in windows(about, [len(each) for each in tokens], duration_s, HEARD_S, room):
        found += _hear_window(reader, sound, window, parts, tokens, about)
    _refuse_unheard(parts, found)
    spans = _joined(parts, found, len(words))
    return [off_silence(span, quiet) if span else None for span in spans]


def mel(model: Any, sound: Samples) -> Any:
    """What the model hears of the first 30 s of `sound`, in the precision that it computes in."""
    import torch
    from whisper.audio import N_FRAMES, N_SAMPLES, log_mel_spectrogram, pad_or_trim

    bands = log_mel_spectrogram(
        sound.astype(np.float32), model.dims.n_mels, padding=N_SAMPLES, device=model.device
    )
    wanted = torch.float16 if model.device.type == "cuda" else torch.float32
    return pad_or_trim(bands, N_FRAMES).to(wanted)


def _about(parts: Sequence[Piece], quiet: list[Span], duration_s: float) -> list[Span]:
    """About when each piece is spoken, by its length and the pauses."""
    texts = [part.text for part in parts]
    spans = spread(texts, quiet, duration_s)
    return [(word.start_s, word.end_s) for word in fit_words(texts, spans, duration_s)]


def _hear_window(
    reader: _Reader,
    sound: Samples,
    window: Window,
    parts: Sequence[Piece],
    tokens: Sequence[list[int]],
    about: Sequence[Span],
) -> list[Span | None]:
    """The spans of the window's own pieces, on the audio's clock."""
    if window.end_s - window.start_s > HEARD_S + 1e-6:
        return [about[index] for index in window.own]
    begin, end = (round(at * RATE_HZ) for at in (window.start_s, window.end_s))
    heard = range(window.first, window.after)
    clock = reader.listen(sound[begin:end], [tokens[index] for index in heard])
    found: list[Span | None] = []
    for index in window.own:
        span = clock.span(index - window.first) if _sounds(parts[index].text) else None
        found.append((span[0] + window.start_s, span[1] + window.start_s) if span else None)
    return found


class _Reader:
    """Reads token by token what the model looks at in the sound."""

    def __init__(self, model: Any, language: str) -> None:
        from whisper.tokenizer import get_tokenizer

        self._model = model
        self._language = language
        self._tokenizer = get_tokenizer(
            model.is_multilingual,
            num_languages=model.num_languages,
            language=language,
            task="transcribe",
        )

    def tokens(self, piece: Piece) -> list[int]:
        """Text that looks like one of the model's own marks stays text."""
        spaced = piece.begins_word and self._language not in _UNSPACED
        text = f" {piece.text}" if spaced else piece.text
        found: list[int] = self._tokenizer.encode(text, disallowed_special=())
        return found

    def listen(self, sound: Samples, pieces: Sequence[list[int]]) -> _Clock:
        """When the tokens of each piece are spoken in up to 30 s of sound.

        Raises:
            BadOutput: what the model computes are no times.
        """
        from whisper.timing import find_alignment

        tokens = [token for piece in pieces for token in piece]
        frames = len(sound) // _FRAME
        found = find_alignment(
            self._model, self._tokenizer, tokens, mel(self._model, sound), frames
        )
        if sum(len(each.tokens) for each in found) != len(tokens):
            raise _unusable("tokens are missing")
        numbers = [number for each in found for number in (each.start, each.end, each.probability)]
        if not all(map(isfinite, numbers)):
            raise _unusable("they are no numbers")
        return _Clock(found, [len(piece) for piece in pieces])


class _Clock:
    """From tokens to times. Whisper's words are not ours, but the tokens are the same."""

    def __init__(self, found: Sequence[Any], sizes: Sequence[int]) -> None:
        self._found = found
        self._at = [0, *accumulate(len(each.tokens) for each in found)]
        self._pieces = [0, *accumulate(sizes)]

    def span(self, piece: int) -> Span | None:
        """When a piece is spoken, its punctuation left out; None for no time at all."""
        first, after = self._pieces[piece], self._pieces[piece + 1]
        inside = [
            index
            for index in range(len(self._found))
            if self._at[index] < after and self._at[index + 1] > first
        ]
        sounding = [index for index in inside if _sounds(self._found[index].word)] or inside
        if not sounding:
            return None
        start_s = self._time(sounding[0], max(first, self._at[sounding[0]]))
        end_s = self._time(sounding[-1], min(after, self._at[sounding[-1] + 1]))
        return (start_s, end_s) if end_s > start_s else None

    def _time(self, index: int, token: int) -> float:
        """When the token begins; within one of Whisper's words, in proportion."""
        word, begin = self._found[index], self._at[index]
        share = (token - begin) / (self._at[index + 1] - begin)
        return float(word.start + share * (word.end - word.start))


def _sounds(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _refuse_unheard(parts: Sequence[Piece], found: Sequence[Span | None]) -> None:
    sounding = [span for part, span in zip(parts, found, strict=True) if _sounds(part.text)]
    heard = sum(span is not None for span in sounding)
    if heard < _LEAST_HEARD * len(sounding):
        raise BadOutput(
            PROVIDER, f"Whisper hears only {heard} of the {len(sounding)} words in the speech."
        )


def _joined(parts: Sequence[Piece], found: Sequence[Span | None], words: int) -> list[Span | None]:
    spans: list[Span | None] = [None] * words
    for part, span in zip(parts, found, strict=True):
        if span is not None:
            before = spans[part.word]
            spans[part.word] = (before[0], max(before[1], span[1])) if before else span
    return spans


def _unusable(reason: str) -> BadOutput:
    return BadOutput(PROVIDER, f"Whisper's model finds no times for the words: {reason}.")
