"""When each token of a caption is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from reels.captions.tokens import Token, tokens
from reels.models import Cue, Word
from reels.scripts import columns, script
from reels.spans import Span

#: Scripts whose words stand side by side: a space between two of them is no part of the text.
_ADJOINING = frozenset({"han", "hiragana", "katakana", "mark"})


class Speech(NamedTuple):
    """Spoken words as text, the text's tokens, and when each letter of it is spoken.

    Letters are all characters but spaces; `ends` gives for each token how many there are up
    to its end, `word_ends` the same for each word.
    """

    tokens: tuple[Token, ...]
    ends: tuple[int, ...]
    word_ends: tuple[int, ...]
    letters: str
    times: tuple[Span, ...]

    def span(self, first: int, end: int) -> Span:
        """The time of the letters from `first` to before `end`."""
        return self.times[first][0], self.times[end - 1][1]

    def token_spans(self) -> list[Span]:
        return [self.span(a, b) for a, b in zip((0, *self.ends), self.ends, strict=False)]


def speech_of(words: Sequence[Word]) -> Speech:
    """Words in order as one text: with spaces where their script has them."""
    text, letters = "", ""
    times: list[Span] = []
    word_ends: list[int] = []
    for word in words:
        own = "".join(word.text.split())
        text += ("" if not text or _adjoin(text[-1:], own[:1]) else " ") + word.text
        step = (word.end_s - word.start_s) / max(len(own), 1)
        starts = [word.start_s + n * step for n in range(len(own))]
        times += list(zip(starts, [*starts[1:], word.end_s], strict=False))
        letters += own
        word_ends.append(len(letters))
    parts = tokens(text)
    return Speech(parts, _ends(parts), tuple(word_ends), letters, tuple(times))


def timed_words(cue: Cue) -> tuple[Word, ...]:
    """The cue's tokens (`reels.captions.tokens`) with their times.

    Tokens that are as they were spoken keep their times. Those that a person has changed
    share the time of what they replace, in proportion to their length; a cue without words
    that lie in its time is spread over all of it.
    """
    parts = tokens(cue.text)
    spoken = [w for w in cue.words if w.start_s < cue.end_s and w.end_s > cue.start_s]
    spans = _aligned(parts, speech_of(spoken)) if spoken else None
    if spans is None:
        spans = _spread(parts, (cue.start_s, cue.end_s))
    return tuple(
        Word(text=part.text, start_s=start, end_s=end)
        for part, (start, end) in zip(parts, spans, strict=True)
    )


def _adjoin(before: str, after: str) -> bool:
    return script(before) in _ADJOINING and script(after) in _ADJOINING


def _ends(parts: Sequence[Token]) -> tuple[int, ...]:
    ends: list[int] = []
    for part in parts:
        ends.append((ends[-1] if ends else 0) + len(part.text))
    return tuple(ends)


def _aligned(parts: Sequence[Token], speech: Speech) -> list[Span] | None:
    """The tokens' times by those that were spoken; None when not one of them was."""
    spoken = speech.token_spans()
    if speech.letters == "".join(part.text for part in parts):
        return [speech.span(a, b) for a, b in zip((0, *_ends(parts)), _ends(parts), strict=False)]
    before, after = ([_plain(t) for t in row] for row in (speech.tokens, parts))
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    pairs = [(b.a + n, b.b + n) for b in blocks for n in range(b.size)]
    if not pairs:
        return None
    spans: list[Span] = []
    for old, new in _changed(pairs, len(spoken), len(parts)):
        if len(old) == len(new) == 1:
            spans.append(spoken[old.start])
        elif new:
            spans += _spread(parts[new.start : new.stop], _time_of(spoken, old))
    return spans


def _changed(pairs: Sequence[tuple[int, int]], olds: int, news: int) -> list[tuple[range, range]]:
    """Both rows cut into what belongs together; what is inserted belongs to its neighbour."""
    runs: list[tuple[range, range]] = []
    old = new = 0
    for next_old, next_new in [*pairs, (olds, news)]:
        gap = range(old, next_old), range(new, next_new)
        if gap[1] and not gap[0] and runs:
            last_old, last_new = runs.pop()
            gap = last_old, range(last_new.start, next_new)
        if gap[0] or gap[1]:
            runs.append(gap)
        if next_old < olds and next_new < news:
            runs.append((range(next_old, next_old + 1), range(next_new, next_new + 1)))
        old, new = next_old + 1, next_new + 1
    if len(runs) > 1 and not runs[0][0]:
        first, second = runs[:2]
        runs[:2] = [(second[0], range(first[1].start, second[1].stop))]
    return runs


def _time_of(spoken: Sequence[Span], old: range) -> Span:
    return spoken[old.start][0], spoken[old.stop - 1][1]


def _plain(token: Token) -> str:
    return "".join(char for char in token.text.casefold() if char.isalnum()) or token.text


def _spread(parts: Sequence[Token], over: Span) -> list[Span]:
    """Times in proportion to the length of the tokens."""
    weights = [columns(part.text) + part.spaced for part in parts]
    step = (over[1] - over[0]) / max(sum(weights), 1)
    spans: list[Span] = []
    at = over[0]
    for weight in weights:
        spans.append((at, min(at + weight * step, max(over[1], at))))
        at = spans[-1][1]
    return spans
