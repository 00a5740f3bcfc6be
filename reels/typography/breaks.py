"""Where a line of a slide may break: between words, and letters of scripts without spaces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reels.scripts import clusters

_NO_START = set("、。，．！？；：」』）】〉》〕…‥・ーゝ々,.!?;:)]}%»”’")
_NO_END = set("「『（【〈《〔([{«“‘„")
_DASHES = {"—", "–", "-", "―"}
#: Scripts that put no space between words: Thai, Lao, Myanmar, Khmer, Han, kana.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
_HEBREW_TO_ARABIC = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_SHORT_WORD_CHARS = 2
_GLUED_CHARS = 18


@dataclass(frozen=True)
class Token:
    """A piece that stays together; `spaced` when a space stands before it in a line."""

    text: str
    spaced: bool


def needs_room(text: str) -> bool:
    """Whether the script stacks marks above and below, and so needs wider leading."""
    return re.search("[\u0600-\u06ff\u0900-\u0eff\u1000-\u109f\u1780-\u17ff]", text) is not None


def may_space_letters(text: str) -> bool:
    """Whether the letters may stand apart: not in scripts that join or reorder them."""
    return not needs_room(text) and _HEBREW_TO_ARABIC.search(text) is None and "\u200d" not in text


def tokens(text: str) -> list[Token]:
    """`text` as pieces between which a line may break.

    A dash stays with the word before it and a word of one or two letters with the one after
    it, as careful typesetting in Russian, French or Czech asks.
    """
    found: list[Token] = []
    for word in text.split():
        pieces = _pieces(word)
        for index, piece in enumerate(pieces):
            spaced = index == 0 and bool(found)
            if spaced and _belongs_before(found[-1].text, word):
                found[-1] = Token(f"{found[-1].text} {piece}", found[-1].spaced)
            else:
                found.append(Token(piece, spaced))
    return found


def _belongs_before(before: str, word: str) -> bool:
    if len(before) + len(word) >= _GLUED_CHARS:
        return False
    if word in _DASHES:
        return True
    last = before.rsplit(" ", 1)[-1]
    return len(last) <= _SHORT_WORD_CHARS and last.isalpha() and not _UNSPACED.search(last)


def _pieces(word: str) -> list[str]:
    """A word cut after inner hyphens and slashes, and between letters of unspaced scripts."""
    found: list[str] = []
    for cluster in clusters(word):
        if found and _holds(found[-1], cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def _holds(before: str, cluster: str) -> bool:
    if cluster in _NO_START or before[-1] in _NO_END:
        return True
    if before[-1] in "-/–—" and len(before) > 2 and cluster.isalpha():
        return False
    return not (_UNSPACED.match(cluster) or _UNSPACED.match(before[-1]))
