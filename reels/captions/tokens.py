"""A caption's text as tokens: what is lit at once, and what a line may break between."""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from reels.scripts import NO_END, NO_START, clusters, columns, script, tears

_DASHES = frozenset("—–―-")
#: Groups of Japanese letters: a stem of at most so many, with so many kana after it.
_LONGEST_STEM, _LONGEST_TAIL = 4, 6
_LONGEST_KATAKANA = 8
_SHORT_WORD_CHARS = 2
#: Scripts in which a break between two letters probably tears a word.
_PHRASED = frozenset({"south_east", "hiragana", "katakana"})

#: What it costs to break a line; 1 is a line that is empty.
_IN_PHRASE = 0.12
_AFTER_SHORT_WORD = 0.03
_AFTER_MARK = -0.02


class Token(NamedTuple):
    """Letters that are lit together; `spaced` when a space stands before them."""

    text: str
    spaced: bool


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """`text` cut at its spaces, and inside scripts that have none.

    Chinese is cut between letters, Japanese into short groups (a stem with its kana), Thai,
    Lao, Khmer and Burmese between letters with their vowels. Punctuation stays with its word.
    """
    words = text.split()
    japanese = any(script(char) in ("hiragana", "katakana") for char in text)
    return tuple(
        Token(piece, spaced=index == 0 and number > 0)
        for number, word in enumerate(words)
        for index, piece in enumerate(_pieces(word, japanese))
    )


def joined(parts: tuple[Token, ...] | list[Token]) -> str:
    """The text of tokens that follow each other."""
    return "".join(
        f" {token.text}" if token.spaced and n else token.text for n, token in enumerate(parts)
    )


def may_break(before: Token, after: Token) -> bool:
    """Whether a line may end between two tokens: a lone mark stays with its word."""
    if all(char in NO_START or char in _DASHES for char in after.text):
        return False
    return not all(char in NO_END for char in before.text)


def break_cost(before: Token, after: Token) -> float:
    """How badly a line that ends here reads, among those that may."""
    if not after.spaced:
        kinds = (script(before.text[-1]), script(after.text))
        return _IN_PHRASE if kinds[0] == kinds[1] in _PHRASED else 0.0
    if before.text[-1] in NO_START:
        return _AFTER_MARK
    letters = before.text.isalpha() and script(before.text) == "spaced"
    return _AFTER_SHORT_WORD if letters and columns(before.text) <= _SHORT_WORD_CHARS else 0.0


def _pieces(word: str, japanese: bool) -> list[str]:
    groups: list[list[str]] = []
    for cluster in clusters(word):
        if groups and _stays(groups[-1], cluster, japanese):
            groups[-1].append(cluster)
        else:
            groups.append([cluster])
    return ["".join(group) for group in groups]


def _stays(group: list[str], cluster: str, japanese: bool) -> bool:
    before, after = script(group[-1]), script(cluster)
    if before == after == "spaced":
        return True
    if tears(group[-1], cluster):
        return True
    return japanese and _grows(group, after)


def _grows(group: list[str], after: str) -> bool:
    """Whether a Japanese group takes one more letter of the script `after`."""
    kinds = [script(cluster) for cluster in group]
    tail = len(list(takewhile(lambda kind: kind == "hiragana", reversed(kinds))))
    if after == "hiragana":
        return kinds[-1] in ("han", "katakana", "hiragana") and tail < _LONGEST_TAIL
    if after == "katakana":
        return set(kinds) == {"katakana"} and len(kinds) < _LONGEST_KATAKANA
    return after == "han" and set(kinds) == {"han"} and len(kinds) < _LONGEST_STEM
