"""The aligner `dtw`: forced alignment offline, without a model.

The same text is spoken by espeak-ng, whose word times are known. Cepstra of both speeches
are laid over each other by dynamic time warping, and the word times are carried across.
It takes any voice of any language that espeak-ng speaks.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reels.errors import InvalidInput, ProviderError
from reels.models import LanguageTag, Word
from reels.spans import Span, fit_words
from reels.voice.espeak_catalog import language_voice
from reels.voice.espeak_engine import Delivery, utter
from reels.words.features import RATE_HZ, features
from reels.words.proportional import Proportional
from reels.words.sound import HOP_S, Samples, off_silence, read_mono, silences
from reels.words.warp import Path as WarpPath
from reels.words.warp import Rows, warp

#: Voices to compare with: the path of the one that is nearest is taken.
_REFERENCES = ("", "+f3")
_RATES_WPM = (80, 450)
#: A silence is cut to this much before the speeches are compared: pauses differ freely.
_KEPT_SILENCE_S = 0.06
_PAUSE_S = 0.08
#: Up to this mean cost of a pair it is surely that text. Above, the text read backwards is the
#: yardstick: another text costs at least this share of it (0.84 to 0.97 were measured), the
#: right text in a very unlike voice less (0.70 to 0.90).
_SURE_COST, _HOPELESS_SHARE = 1.12, 0.87


@dataclass(frozen=True)
class _Compact:
    """Speech with its silences cut short; `kept_s` are the audio's stretches that stayed."""

    sound: Samples
    kept_s: tuple[Span, ...]
    quiet: tuple[Span, ...]

    def to_compact(self, at_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        audio, compact = self._knots()
        return np.interp(at_s, audio, compact)

    def to_audio(self, at_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        audio, compact = self._knots()
        return np.interp(at_s, compact, audio)

    def _knots(self) -> tuple[list[float], list[float]]:
        audio: list[float] = []
        compact: list[float] = []
        at = 0.0
        for start, end in self.kept_s:
            audio += [start, end]
            compact += [at + 1e-9, at + end - start]
            at += end - start
        return audio, compact


class Dtw:
    """Compares the speech with espeak-ng's of the same text; `proportional` is its fall-back."""

    name = "dtw"
    version = "1"

    def align(self, audio: Path, text: str, language: LanguageTag) -> tuple[Word, ...]:
        """One `Word` per white-space separated word of `text`.

        Raises:
            InvalidInput: naming `narration` when the text is empty.
            BadOutput: the file holds no sound.
        """
        words = text.split()
        if not words:
            raise InvalidInput("narration", "There is no text to align.")
        sound = read_mono(audio, RATE_HZ, provider=self.name)
        try:
            spans = carry_over(sound, text, language)
        except (InvalidInput, ProviderError):
            spans = None
        if spans is None:
            return Proportional().align(audio, text, language)
        return fit_words(words, spans, len(sound) / RATE_HZ)


def carry_over(sound: Samples, text: str, language: LanguageTag) -> list[Span | None] | None:
    """The words' spans in `sound` (16 kHz), or None when it is not speech of that text.

    Raises:
        ProviderError: the reference cannot be spoken.
    """
    base = language_voice(language)
    if base is None:
        return None
    target = _compact(sound)
    rows = features(target.sound)
    tries: list[tuple[float, Rows, list[Span | None]]] = []
    for variant in _REFERENCES:
        reference, spans = _reference(text, base + variant, len(target.sound) / RATE_HZ)
        reference_rows = features(reference.sound)
        path = warp(reference_rows, rows)
        tries.append((path.mean_cost, reference_rows, _carried(spans, reference, target, path)))
    cost, reference_rows, carried = min(tries, key=lambda tried: tried[0])
    return None if _is_hopeless(cost, reference_rows, rows) else carried


def _is_hopeless(cost: float, reference: Rows, target: Rows) -> bool:
    if cost < _SURE_COST:
        return False
    return cost > _HOPELESS_SHARE * warp(reference[::-1], target).mean_cost


def _reference(text: str, voice: str, speech_s: float) -> tuple[_Compact, tuple[Span | None, ...]]:
    """The text spoken at about the target's speed."""
    delivery = Delivery()
    reference, spans = _speak(text, voice, delivery)
    ratio = len(reference.sound) / RATE_HZ / speech_s
    rate_wpm = int(np.clip(delivery.rate_wpm * ratio, *_RATES_WPM))
    if abs(rate_wpm - delivery.rate_wpm) < 8:
        return reference, spans
    return _speak(text, voice, replace(delivery, rate_wpm=rate_wpm))


def _speak(text: str, voice: str, delivery: Delivery) -> tuple[_Compact, tuple[Span | None, ...]]:
    with tempfile.TemporaryDirectory(prefix="dtw-") as folder:
        spoken = utter(text, voice=voice, delivery=delivery, to=Path(folder) / "reference.wav")
        return _compact(read_mono(spoken.path, RATE_HZ, provider=Dtw.name)), spoken.spans


def _compact(sound: Samples) -> _Compact:
    duration_s = len(sound) / RATE_HZ
    kept: list[Span] = []
    at = 0.0
    quiet = silences(sound, RATE_HZ, _PAUSE_S)
    for start, end in quiet:
        inner_start, inner_end = start + _KEPT_SILENCE_S / 2, end - _KEPT_SILENCE_S / 2
        if start == 0:
            inner_start = 0.0
        if end >= duration_s - HOP_S:
            inner_end = duration_s
        if inner_end > inner_start:
            kept.append((at, inner_start))
            at = inner_end
    kept.append((at, duration_s))
    kept = [(start, end) for start, end in kept if end - start > 1e-6] or [(0.0, duration_s)]
    pieces = [sound[round(start * RATE_HZ) : round(end * RATE_HZ)] for start, end in kept]
    return _Compact(np.concatenate(pieces), tuple(kept), tuple(quiet))


def _carried(
    spans: tuple[Span | None, ...], reference: _Compact, target: _Compact, path: WarpPath
) -> list[Span | None]:
    known = [span for span in spans if span is not None]
    if not known:
        return list(spans)
    at = reference.to_compact(np.array(known).ravel())
    rows, first = np.unique(path.reference, return_index=True)
    last = np.append(first[1:], len(path.reference)) - 1
    middle = (path.target[first] + path.target[last]) / 2
    moved = target.to_audio(np.interp(at / HOP_S, rows, middle) * HOP_S).reshape(-1, 2)
    carried = iter(moved.tolist())
    return [
        off_silence(next(carried), target.quiet) if span is not None else None for span in spans
    ]
