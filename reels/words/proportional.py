"""The aligner `proportional`: word times from the length of the words and the audio's pauses.

It listens to nothing but loudness, so it serves every language and every voice, and it
never fails on speech.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reels.errors import InvalidInput
from reels.models import LanguageTag, Word
from reels.spans import Span, fit_words
from reels.words.sound import read_mono, silences

Floats = npt.NDArray[np.float64]

_RATE_HZ = 16_000
_PAUSE_S = 0.10
#: Letters that a word's own beginning and end are worth, and what a digit stands for.
_PER_WORD, _PER_DIGIT, _PER_IDEOGRAPH = 1.0, 6.0, 3.5
#: The standard error of a stretch of n seconds is `_SLACK + _SLACK_GROWTH * sqrt(n)` seconds.
_SLACK, _SLACK_GROWTH = 0.05, 0.20
#: What it costs when a mark has no pause, a pause has no mark, and a pause lies in a word.
_MISSED_MARK, _UNMARKED, _SKIP, _SKIP_PER_S = 1.5, 2.0, 0.5, 8.0
_MOST_SKIPPED = 4
_DASHES = frozenset("-–—")


@dataclass(frozen=True)
class _Pause:
    """A silence at `at_s` of the speech without silences, `length_s` long."""

    at_s: float
    length_s: float


class Proportional:
    """Spreads the words over the speech by their letters and pins them to its pauses."""

    name = "proportional"
    version = "1"

    def align(self, audio: Path, text: str, language: LanguageTag) -> tuple[Word, ...]:
        """One `Word` per white-space separated word of `text`; `language` does not matter.

        Raises:
            InvalidInput: naming `narration` when the text is empty.
            BadOutput: the file holds no sound.
        """
        del language
        words = text.split()
        if not words:
            raise InvalidInput("narration", "There is no text to align.")
        sound = read_mono(audio, _RATE_HZ, provider=self.name)
        duration_s = len(sound) / _RATE_HZ
        spans = spread(words, silences(sound, _RATE_HZ, _PAUSE_S), duration_s)
        return fit_words(words, spans, duration_s)


def spread(words: list[str], quiet: list[Span], duration_s: float) -> list[Span | None]:
    """A span for each word that sounds, between the silences `quiet`."""
    weights = np.array([_weight(word) for word in words])
    if not weights.any():
        weights = np.ones(len(words))
    clock = _SpeechClock(quiet, duration_s)
    ends = np.cumsum(weights) / weights.sum() * clock.speech_s
    pinned = _pin(ends, words, clock)
    known = np.array([0.0, *(ends[index] for index in pinned), clock.speech_s])
    heard = np.array([0.0, *(clock.inner[n].at_s for n in pinned.values()), clock.speech_s])
    ends = np.interp(ends, known, heard)
    starts = np.concatenate([[0.0], ends[:-1]])
    return [
        (clock.after(start), clock.before(end)) if weight else None
        for start, end, weight in zip(starts, ends, weights, strict=True)
    ]


def _weight(word: str) -> float:
    """How long a word lasts, in letters; 0 when it is only punctuation."""
    letters = sum(_char_weight(char) for char in word)
    return letters + _PER_WORD if letters else 0.0


def _char_weight(char: str) -> float:
    category = unicodedata.category(char)
    if category[0] == "N":
        return _PER_DIGIT
    if category == "Lo" and ord(char) >= 0x3040:
        return _PER_IDEOGRAPH
    if category in {"Sc", "Sm"} or char in "%&№@":
        return _PER_DIGIT
    return 1.0 if category[0] == "L" else 0.0


def _ends_phrase(word: str, following: str) -> float:
    """How surely a voice pauses after `word`: 1 for a full stop, 0 for none."""
    bare = word.rstrip("\"'»”’)]")
    if following in _DASHES:
        return 0.7
    if bare.endswith(".") and (len(bare) <= 3 or "." in bare[:-1]):
        return 0.3  # an abbreviation, perhaps
    if bare.endswith((".", "!", "?", "…", "。", "！", "？")):
        return 1.0
    if bare.endswith((",", ";", ":", "，", "；", "：", "、")):
        return 0.7
    return 0.5 if word in _DASHES else 0.0


class _SpeechClock:
    """Converts between the audio's time and the time of the speech alone."""

    def __init__(self, quiet: list[Span], duration_s: float) -> None:
        self._quiet = quiet
        removed = 0.0
        self._at: list[_Pause] = []
        for start, end in quiet:
            self._at.append(_Pause(start - removed, end - start))
            removed += end - start
        self.speech_s = max(duration_s - removed, 1e-3)
        self.inner = [p for p in self._at if 1e-6 < p.at_s < self.speech_s - 1e-6]

    def before(self, speech_s: float) -> float:
        """The audio's time, and before the silence where there is one."""
        return speech_s + sum(p.length_s for p in self._at if p.at_s < speech_s - 1e-6)

    def after(self, speech_s: float) -> float:
        """The audio's time, and after the silence where there is one."""
        return speech_s + sum(p.length_s for p in self._at if p.at_s <= speech_s + 1e-6)


def _pin(ends: Floats, words: list[str], clock: _SpeechClock) -> dict[int, int]:
    """Which word ends at which pause, both in order: {index of word: index of pause}.

    Dynamic programming over (pause, word). A stretch between two pauses costs what its length
    lacks from the expected one, a mark without a pause and a pause without a mark cost too,
    and a pause within a word costs the more the longer it is.
    """
    pauses, count = clock.inner, len(words)
    at = np.array([0.0, *(pause.at_s for pause in pauses), clock.speech_s])
    bounds = np.concatenate([[0.0], ends])
    marks = np.array([1.0, *map(_ends_phrase, words, [*words[1:], ""])])
    missed = np.concatenate([[0.0], np.cumsum(marks[1:] * _MISSED_MARK)])
    expected = bounds[None, :] - bounds[:, None]
    passed = np.concatenate([np.zeros((count + 1, 1)), missed[None, :-1] - missed[:, None]], axis=1)
    fixed = np.where(expected > 0, passed + _UNMARKED * (1 - marks)[None, :], np.inf)
    skips = np.array([0.0, *(_SKIP + _SKIP_PER_S * pause.length_s for pause in pauses), 0.0])
    best = np.full((len(at), count + 1), np.inf)
    best[0, 0] = 0.0
    origin = np.zeros((len(at), count + 1, 2), dtype=np.int32)
    for node in range(1, len(at)):
        for earlier in range(max(node - _MOST_SKIPPED - 1, 0), node):
            off = (at[node] - at[earlier] - expected) / (
                _SLACK + _SLACK_GROWTH * np.sqrt(np.maximum(expected, 0))
            )
            cost = best[earlier][:, None] + off**2 + fixed + skips[earlier + 1 : node].sum()
            cheapest = cost.argmin(axis=0)
            value = cost[cheapest, np.arange(count + 1)]
            better = value < best[node]
            best[node][better] = value[better]
            origin[node][better] = np.stack([np.full(count + 1, earlier), cheapest], axis=1)[better]
    return _trace(origin)


def _trace(origin: npt.NDArray[np.int32]) -> dict[int, int]:
    node, bound = len(origin) - 1, origin.shape[1] - 1
    pinned: dict[int, int] = {}
    while node > 0:
        node, bound = (int(part) for part in origin[node, bound])
        if node > 0:
            pinned[bound - 1] = node - 1
    return dict(sorted(pinned.items()))
