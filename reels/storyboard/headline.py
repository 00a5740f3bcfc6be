"""Finds the few words of a line of speech that are worth reading on the screen."""

from __future__ import annotations

import re
from itertools import pairwise

from reels.storyboard.sentences import clauses, sentences, weight

_BEST_WORDS = 6.0
_MOST_WORDS = {"sentence": 17.0, "clause": 12.0}
_MOST_CHARS = {"sentence": 112, "clause": 84}
_LONGEST_CHARS = 200

#: Words that hang in the air at the start of a headline.
_WEAK = """
and but or so yet nor because which who whom whose that where when while if as than then though
although until since with without for of to in on at by from into it this these those he she they
we i its their his her there also however
и а но или да чтобы что который которая которое которые которого которой которых где когда если
пока хотя потому поэтому как чем с со в во на по из от до к ко у о об за под при для без это эти
этот эта он она они оно мы я их его её там также однако ведь то
"""
_WEAK_STARTS = frozenset(_WEAK.split())
_TIE = re.compile(r"^(?:and|but|so|и|а|но)\s+(?=\S+\s+\S)", re.I)
_SHORTENED_END = re.compile(r"\b[^\W\d]{1,2}\.\s?[^\W\d]{1,2}\.$")
_NUMBER = re.compile(r"\d")
_NAME = re.compile(r"(?<=\s)[A-ZА-ЯЁ][\w’'-]+")


def headline(text: str) -> str:
    """The strongest short clause of `text`, as it is written there, at most 200 characters.

    Whole short sentences come first, then clauses with a number or a name; a clause that hangs
    on the one before it comes last. Where there is no short clause, the shortest is shown whole.
    """
    candidates = _candidates(text)
    short = [c for c in candidates if _is_short(c[0], c[2])]
    if short:
        best = max(short, key=lambda candidate: _score(*candidate))
    else:
        best = min(candidates, key=lambda candidate: len(candidate[0]))
    return _dressed(best[0])


def _candidates(text: str) -> list[tuple[str, int, bool]]:
    """Each sentence, its clauses, and its clauses in pairs: text, place, and if it is whole."""
    found: list[tuple[str, int, bool]] = []
    for sentence in sentences(text):
        found.append((sentence, len(found), True))
        parts = clauses(sentence)
        if len(parts) < 2:
            continue
        found += [(part, len(found), False) for part in parts]
        found += [(f"{a} {b}", len(found), False) for a, b in pairwise(parts)]
    return [c for c in found if any(char.isalnum() for char in c[0])] or [(text, 0, True)]


def _is_short(text: str, whole: bool) -> bool:
    kind = "sentence" if whole else "clause"
    return weight(text) <= _MOST_WORDS[kind] and len(text) <= _MOST_CHARS[kind]


def _score(text: str, place: int, whole: bool) -> float:
    words = weight(text)
    score = -abs(words - _BEST_WORDS) * 0.15 - place * 0.05
    score += 2.2 if whole else 0.0
    score += 1.0 if _NUMBER.search(text) else 0.0
    score += 0.6 if _NAME.search(text) else 0.0
    score -= 1.6 if words < 2 else 0.0
    first = re.split(r"[\s,]", text.lstrip('—– "“«('), maxsplit=1)[0].lower()
    score -= 1.7 if first in _WEAK_STARTS and not whole else 0.0
    score -= 0.6 if first in _WEAK_STARTS and whole else 0.0
    return score


def _bare(text: str) -> str:
    """Without dashes and a conjunction at its start: they tie it to what is not shown."""
    return _TIE.sub("", text.strip().lstrip("—–-,;: ")) or text


def _dressed(text: str) -> str:
    """Without loose ends, with a capital, inside the limit."""
    text = _bare(text).rstrip(",;:—– ،、，；：")
    if not _SHORTENED_END.search(text):
        text = re.sub(r"(?<!\.)[.。]$", "", text)
    if len(text) > _LONGEST_CHARS:
        cut = text[:_LONGEST_CHARS].rsplit(" ", 1)[0] if " " in text[:_LONGEST_CHARS] else text
        text = cut[:_LONGEST_CHARS].rstrip(",;:—– ")
    for opening, closing in ("()", "“”", "«»", '""', "„“"):
        if (opening in text) != (closing in text) or (opening == '"' and text.count('"') % 2):
            text = text.replace(opening, "").replace(closing, "")
    text = text.strip()
    return text[:1].upper() + text[1:] if text else text
