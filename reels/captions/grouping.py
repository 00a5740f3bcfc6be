"""Spoken words become cues of one or two lines that read well."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reels.captions.capitals import capitals
from reels.captions.look import WEIGHTS, Look, look_for
from reels.captions.timing import Speech, speech_of
from reels.captions.tokens import Token, joined, may_break
from reels.captions.type import extent
from reels.models import CaptionLook, CaptionStyle, Cue, Word
from reels.scripts import columns, script
from reels.spans import Span

#: Nobody reads a caption that is shown for less.
MIN_CUE_S = 0.8
#: A caption stays on this much after its last word, and over a gap shorter than the other.
HOLD_S = 0.15
BRIDGE_S = 0.35
#: A pause of this length inside a cue is a reason to start a new one.
PAUSE_S = 0.6
MAX_CUE_S = 4.0
#: The longest line by count, whatever the width allows; wide letters count as two.
MAX_COLUMNS = 32

_SENTENCE_ENDS = ".!?…。！？؟۔।॥។။።։"
_PAUSES = ",;:—–،؛、，；：၊፣"
_CLOSERS = "\"'»”’)]」』）】》"
#: The weights of what makes a cue read badly were found by reading the results.
_SENTENCE_INSIDE, _PAUSE_MARK_INSIDE, _SILENCE_INSIDE, _TOO_SHORT = 4.0, 0.5, 4.0, 3.0
_ENDS_OPEN, _ENDS_IN_SHORT_WORD, _ENDS_IN_WORD, _PARTS_MARK = 0.8, 1.6, 2.0, 6.0
_SHORT_WORD_CHARS = 3
_TEARABLE = frozenset({"hiragana", "katakana", "south_east"})


def cues_from_words(
    words: Sequence[Word],
    *,
    size_px: tuple[int, int] = (1080, 1920),
    look: CaptionLook | None = None,
    style: CaptionStyle = "karaoke",
    max_columns: int = MAX_COLUMNS,
    max_lines: int = 2,
    end_s: float = math.inf,
) -> tuple[Cue, ...]:
    """Group words (times from the video's start, in order) into cues of one or two lines.

    Cues break at sentences, commas and pauses; none is wider than the caption box of the
    look, none overlaps the next or ends after `end_s`. A word that is a whole phrase, as in
    scripts without spaces, is cut where they allow it.
    """
    if not words:
        return ()
    speech = speech_of(words)
    look = look or CaptionLook()
    widths = _widths(speech, look)
    grouping = _Grouping(speech, widths, look_for(size_px, look, style), max_columns, max_lines)
    return _timed([_cue_words(speech, words, a, b) for a, b in grouping.best()], end_s)


class _Group(NamedTuple):
    """Text of a cue, its words and its time."""

    text: str
    words: tuple[Word, ...]
    span: Span


class _Grouping:
    """The split of a speech's tokens that reads best."""

    def __init__(
        self,
        speech: Speech,
        widths: Sequence[float],
        look: Look,
        max_columns: int,
        max_lines: int,
    ) -> None:
        self._tokens = speech.tokens
        self._spans = speech.token_spans()
        self._max_columns, self._max_lines = max_columns, max_lines
        self._room = look.width(look.em_px)
        self._gap = look.gap
        self._widths = widths

    def best(self) -> list[tuple[int, int]]:
        """Cues as (first token, one after the last)."""
        count = len(self._tokens)
        best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * count
        for start in range(count):
            for end, fullness, inside in self._growing(start):
                cost = best[start][0] + 1.0 + 2.0 * (1 - fullness) ** 2 + inside
                cost += self._cost_of_end(start, end)
                if cost < best[end][0]:
                    best[end] = (cost, start)
        groups: list[tuple[int, int]] = []
        while count:
            groups.append((best[count][1], count))
            count = best[count][1]
        return groups[::-1]

    def _growing(self, start: int) -> Iterator[tuple[int, float, float]]:
        """The cues from token `start` on: their end, how full they are, what is bad inside."""
        lines, width, length = 1, 0.0, 0
        all_width, all_length, inside = 0.0, 0, 0.0
        for at in range(start, len(self._tokens)):
            token = self._tokens[at]
            own_width, own_length = self._widths[at], columns(token.text)
            spaced = token.spaced and at > start
            gap = self._gap * spaced
            width, length = width + gap + own_width, length + spaced + own_length
            if at > start and (width > self._room or length > self._max_columns):
                lines, width, length = lines + 1, own_width, own_length
            all_width, all_length = all_width + gap + own_width, all_length + spaced + own_length
            too_long = self._spans[at][1] - self._spans[start][0] > MAX_CUE_S
            if at > start and (lines > self._max_lines or too_long):
                return
            inside += self._cost_inside(at - 1) if at > start else 0.0
            share = max(all_width / self._room, all_length / self._max_columns)
            yield at + 1, min(share / self._max_lines, 1.0), inside

    def _cost_inside(self, at: int) -> float:
        """What it costs that a cue goes on after token `at`."""
        cost = 0.0
        if _ends_with(self._tokens[at].text, _SENTENCE_ENDS):
            cost += _SENTENCE_INSIDE
        elif _ends_with(self._tokens[at].text, _PAUSES):
            cost += _PAUSE_MARK_INSIDE
        if self._spans[at + 1][0] - self._spans[at][1] > PAUSE_S:
            cost += _SILENCE_INSIDE
        return cost

    def _cost_of_end(self, start: int, end: int) -> float:
        last = self._tokens[end - 1]
        following = self._tokens[end] if end < len(self._tokens) else None
        short = self._spans[end - 1][1] - self._spans[start][0] < MIN_CUE_S
        cost = _TOO_SHORT if short else 0.0
        if following and not may_break(last, following):
            return cost + _PARTS_MARK
        if _ends_with(last.text, _SENTENCE_ENDS + _PAUSES):
            return cost
        return cost + _open_end(last, following)


def _widths(speech: Speech, look: CaptionLook) -> list[float]:
    """The widths of all tokens in ems; one language's capitals are as wide as another's."""
    texts = [capitals(t.text, "en") if look.uppercase else t.text for t in speech.tokens]
    return [extent(text, WEIGHTS[look.font]).advance for text in texts]


def _open_end(last: Token, following: Token | None) -> float:
    """What it costs to end a cue after a word that no mark ends."""
    if following and not following.spaced:
        kinds = script(last.text[-1]), script(following.text)
        return _ENDS_IN_WORD if kinds[0] == kinds[1] in _TEARABLE else _ENDS_OPEN
    # A line that ends in an article or a preposition makes the eye wait.
    is_short = len(last.text) <= _SHORT_WORD_CHARS and script(last.text) == "spaced"
    return _ENDS_IN_SHORT_WORD if is_short else _ENDS_OPEN


def _ends_with(text: str, marks: str) -> bool:
    return text.rstrip(_CLOSERS).endswith(tuple(marks))


def _cue_words(speech: Speech, words: Sequence[Word], first: int, end: int) -> _Group:
    """Tokens as a cue's text, with its words: those that lie in it, and parts of others."""
    start_letter = speech.ends[first - 1] if first else 0
    end_letter = speech.ends[end - 1]
    found: list[Word] = []
    for word, a, b in zip(words, (0, *speech.word_ends), speech.word_ends, strict=False):
        a, b = max(a, start_letter), min(b, end_letter)
        if a >= b:
            continue
        own = speech.letters[a:b]
        start_s, end_s = speech.span(a, b)
        whole = own == "".join(word.text.split())
        found.append(word if whole else Word(text=own, start_s=start_s, end_s=end_s))
    parts = speech.tokens[first:end]
    return _Group(joined(parts), tuple(found), speech.span(start_letter, end_letter))


def _timed(groups: Sequence[_Group], end_s: float) -> tuple[Cue, ...]:
    cues: list[Cue] = []
    for index, group in enumerate(groups):
        start = group.span[0]
        is_last = index + 1 == len(groups)
        limit = end_s if is_last else groups[index + 1].span[0]
        end = max(group.span[1] + HOLD_S, start + MIN_CUE_S)
        if limit - end < BRIDGE_S and not is_last:
            end = limit
        end = max(min(end, limit), start + 0.01)
        cues.append(Cue(start_s=start, end_s=end, text=group.text, words=group.words))
    return tuple(cues)
