"""Cuts plain text into sentences, and long sentences into clauses.

Nothing is lost: joined again, the pieces are the text.
"""

from __future__ import annotations

import re

_CLOSERS = "\"'”’»)\\]）」』】》"
_END = re.compile(rf"[.!?…؟।॥]+[{_CLOSERS}]*(?=\s|$)|[。！？｡]+[{_CLOSERS}]*")
_CLAUSE = re.compile(rf"[,;:،؛][{_CLOSERS}]*(?=\s)|\s(?=[—–]\s)|[、，；：]")

#: Words that end with a full stop inside a sentence (lower case, without the last stop).
_SHORTENED = """
dr mr mrs ms prof st jr sr vs gen col lt sgt capt rev hon approx dept inc ltd e.g i.e cf ca al
p.s a.m p.m u.s u.k bzw z.b d.h u.a evtl ggf str hr mme mlle sig dott sra
т.е т.к т.н т.д т.п т.о и.о г гг в вв им ул д кв пр пл р руб коп тыс млн млрд см стр рис табл
напр др проф акад доц гл ст п пп ч
"""
_ABBREVIATIONS = frozenset(_SHORTENED.split())
#: Words that are shortened only before a number: in "Fig. 3", and not in "I eat a fig.".
_BEFORE_NUMBERS = frozenset({"no", "nos", "nr", "fig", "vol", "pp", "ch", "art", "sec"})
#: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_INITIAL = re.compile(r"^(?:[A-Za-zÀ-ɏА-Яа-яЁё]\.)*[A-Za-zÀ-ɏА-Яа-яЁё]$")


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph of plain text, in order."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if _ends_here(text, start, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends_here(text: str, start: int, end: re.Match[str]) -> bool:
    after = text[end.end() :].lstrip()
    if not after or end.group()[0] in "。！？｡":
        return True
    first = next((char for char in after if char.isalnum()), "")
    if end.group()[0] in ".…" and first.islower():
        return False
    if end.group() != ".":
        return True
    word = text[start : end.start()].rsplit(maxsplit=1)[-1:] or [""]
    bare = word[0].lstrip("(\"'“„«[")
    if bare.lower() in _BEFORE_NUMBERS:
        return not first.isdigit()
    return not (_INITIAL.match(bare) or bare.lower() in _ABBREVIATIONS)


def clauses(sentence: str) -> list[str]:
    """The sentence cut after commas, colons, semicolons and before dashes."""
    found: list[str] = []
    start = 0
    for cut in _CLAUSE.finditer(sentence):
        found.append(sentence[start : cut.end()].strip())
        start = cut.end()
    found.append(sentence[start:].strip())
    return [clause for clause in found if clause]


def short_pieces(sentence: str, max_weight: float, max_chars: int) -> list[str]:
    """Pieces of at most that weight and length, cut at clauses where that is enough.

    A word that alone is longer than `max_chars` is cut, as a line of speech has a limit.
    """
    if weight(sentence) <= max_weight and len(sentence) <= max_chars:
        return [sentence]
    found: list[str] = []
    for clause in clauses(sentence):
        joined = f"{found[-1]}{_between(found[-1], clause)}{clause}" if found else clause
        if found and weight(joined) <= max_weight and len(joined) <= max_chars:
            found[-1] = joined
        else:
            found += _even_parts(clause, max_weight, max_chars)
    return found


def join(pieces: list[str]) -> str:
    """Pieces as one text: a space between them, none after the full stop of Han and kana."""
    text = ""
    for piece in pieces:
        text += (_between(text, piece) if text else "") + piece
    return text


def weight(text: str) -> float:
    """About how many words this takes to say; Han, kana and Thai letters count in part."""
    unspaced = sum(map(_is_unspaced, text))
    words = sum(1 for word in text.split() if not _is_unspaced(word[0]))
    return words + unspaced / 2


def _is_unspaced(char: str) -> bool:
    return _UNSPACED.match(char) is not None


def _between(before: str, after: str) -> str:
    tight = before[-1] in "。！？｡、，；：」』）" or (
        _is_unspaced(before[-1]) and _is_unspaced(after[0])
    )
    return "" if tight else " "


def _even_parts(clause: str, max_weight: float, max_chars: int) -> list[str]:
    units = _units(clause, max_chars)
    total = weight(clause)
    count = max(1, -int(-total // max_weight), -(-len(clause) // max_chars))
    share, chars = total / count * 1.05, len(clause) / count * 1.15
    found: list[str] = []
    for unit in units:
        joined = f"{found[-1]}{_gap(unit)}{unit.strip()}" if found else unit.strip()
        small = weight(joined) <= share and len(joined) <= min(max_chars, chars)
        if found and small:
            found[-1] = joined
        else:
            found.append(unit.strip())
    return found


def _gap(unit: str) -> str:
    return " " if unit.startswith(" ") else ""


def _units(clause: str, max_chars: int) -> list[str]:
    """Words with the space before them; letters of scripts without spaces; parts of giants."""
    found: list[str] = []
    for index, word in enumerate(clause.split()):
        space = " " if index else ""
        pieces = [word]
        if _is_unspaced(word[0]) and len(word) > 8:
            pieces = [word[at : at + 8] for at in range(0, len(word), 8)]
        elif len(word) > max_chars:
            pieces = [word[at : at + max_chars] for at in range(0, len(word), max_chars)]
        found.append(space + pieces[0])
        found += pieces[1:]
    return found
