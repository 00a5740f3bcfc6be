"""What of a text can be recognised in speech: stems of words, numbers, pairs of CJK letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reels.scripts import script

#: Words that are in every sentence, of the languages that are spoken most here.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        the a an and or of to in on at by for from with as is are be was were it its this that
        we you they he she i our your can will not no but so then than into out up now let us
        и в во на с со к ко о об от до из за у по не ни но а же ли бы что как это то так мы вы
        они он она оно я для при или если есть был была были его ее их наш ваш все уже мне нам
        der die das den dem des ein eine einen einem einer und oder in im an am auf aus bei mit
        von vom zu zum zur für ist sind war wird es er sie wir ihr ich nicht auch als wie dass
        el la los las de del y o en con por para es son un una que no le les et à du au des une
        il lo gli e di che per non sono se si da dans pour sur est sont ne pas je nous vous
        """,
    )
)
_PIECE = re.compile(r"\d+|[^\W\d_]+")
#: Endings change in most languages; what stands before them tells the word.
_LEAST_PREFIX, _PREFIX_SHARE = 4, 0.6
#: Endings of Slavic words in Cyrillic, which may be longer than what stands before them.
_SLAVIC_ENDING = re.compile("(?<=[а-яіїєґ]{3})([еа]ни[еяюи]м?и?|[аеиоуыэюяьйімхтшв]{1,4})$")
_COMMON_WEIGHT, _SHORT_WEIGHT, _NUMBER_WEIGHT, _PAIR_WEIGHT = 0.1, 0.6, 0.8, 0.5


@dataclass(frozen=True)
class Term:
    """One thing to recognise, spoken in word number `word`. `weight` is what it tells, to 1."""

    text: str
    weight: float
    word: int = 0


def terms(text: str) -> tuple[Term, ...]:
    """The terms of a text, each once, in order."""
    return tuple({term.text: term for term in spoken_terms([text])}.values())


def spoken_terms(words: Sequence[str]) -> tuple[Term, ...]:
    """The terms of words in the order in which they are spoken."""
    return tuple(_terms(words))


def alike(one: str, other: str) -> bool:
    """Whether two terms are the same, or forms of one word."""
    if one == other:
        return True
    short, long = sorted((len(one), len(other)))
    if short == 1 and long == 2:
        return any(script(c) != "spaced" for c in one) and (one in other or other in one)
    if short < _LEAST_PREFIX or one[0].isdigit() or one[:_LEAST_PREFIX] != other[:_LEAST_PREFIX]:
        return False
    common = next((n for n in range(short) if one[n] != other[n]), short)
    return common >= _PREFIX_SHARE * long


def _terms(words: Sequence[str]) -> Iterator[Term]:
    """CJK letters are told in pairs, also over the ends of words: nobody agrees on where the
    words are. A letter without neighbours stands alone."""
    run = ""
    first = 0
    for number, word in enumerate(words):
        for piece, joined in _pieces(unicodedata.normalize("NFKC", word)):
            unspaced = script(piece) != "spaced"
            if run and not (unspaced and joined):
                yield from _alone(run, first)
                run = ""
            if not unspaced:
                yield _spaced(piece, number)
                continue
            if run:
                yield Term(run[-1] + piece, _pair_weight(run[-1] + piece), first)
            run, first = (run + piece)[-2:], number
    yield from _alone(run, first)


def _alone(run: str, word: int) -> Iterator[Term]:
    if len(run) == 1:
        yield Term(run, _pair_weight(run), word)


def _pieces(word: str) -> Iterator[tuple[str, bool]]:
    """Numbers, words, and single unspaced letters; whether each follows on the one before."""
    end = 0
    for found in _PIECE.finditer(word):
        joined = found.start() == end
        end = found.end()
        spaced = ""
        for char in found.group():
            if script(char) == "spaced":
                spaced += char
                continue
            if spaced:
                yield spaced, joined
                spaced, joined = "", True
            yield char, joined
            joined = True
        if spaced:
            yield spaced, joined


def _spaced(piece: str, word: int) -> Term:
    apart = unicodedata.normalize("NFKD", piece.casefold())
    plain = "".join(char for char in apart if not unicodedata.combining(char)) or piece
    if plain[0].isdigit():
        return Term(plain.lstrip("0") or "0", _NUMBER_WEIGHT, word)
    if piece.casefold() in _COMMON or len(plain) == 1:
        return Term(plain, _COMMON_WEIGHT, word)
    short = len(plain) < _LEAST_PREFIX
    return Term(_SLAVIC_ENDING.sub("", plain), _SHORT_WEIGHT if short else 1.0, word)


def _pair_weight(pair: str) -> float:
    """Hiragana is mostly grammar."""
    return _COMMON_WEIGHT if all(script(c) == "hiragana" for c in pair) else _PAIR_WEIGHT
