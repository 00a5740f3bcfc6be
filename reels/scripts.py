"""What scripts ask of typesetting: clusters, direction, and which letters a line may not part.

Rules: Unicode UAX #29 (grapheme clusters, with the conjuncts of Indic scripts) and JIS X 4051
(what may not stand at a line's start or end).
"""

from __future__ import annotations

import re
import unicodedata

#: What may not stand at a line's start: closing marks, small kana, signs of repetition.
NO_START = frozenset(
    "、。，．！？；：」』）】〉》〕｝］…‥・ー〜ゝゞ々〻％℃"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    ",.!?;:)]}%»”’،؛؟۔।॥ๆฯຯໆ។៕ៗ၊။"
)
#: What may not stand at a line's end: opening marks.
NO_END = frozenset("「『（【〈《〔｛［([{«“‘„¿¡")
#: Thai and Lao vowels that are written before their consonant, and after it.
_BEFORE_CONSONANT = frozenset("เแโใไເແໂໃໄ")
_AFTER_CONSONANT = frozenset("ะาๅະາ")
_MYANMAR_ASAT = "\u103a"

_HAN = re.compile(
    "[\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_HIRAGANA = re.compile("[\u3040-\u309f]")
_KATAKANA = re.compile("[\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_SOUTH_EAST = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_WIDE_MARK = re.compile(
    "[\u3000-\u3004\u3008-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)

_JOINER = "\u200d"
_SARA_AM = "\u0e33\u0eb3"
#: Viramas that do not join what follows: Thai, Lao, Tamil, Myanmar's asat.
_SILENT_VIRAMAS = "\u0e3a\u0eba\u0bcd\u103a"
_VIRAMA = 9
#: No script writes a letter of more parts; what is longer is torn.
_LONGEST_CLUSTER = 16


def clusters(text: str) -> list[str]:
    """What a reader takes for one letter each.

    Marks, conjuncts, joined emoji, skin tones and the two halves of a flag stay together.
    """
    found: list[str] = []
    for char in text:
        if found and len(found[-1]) < _LONGEST_CLUSTER and _belongs(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def script(cluster: str) -> str:
    """`han`, `hiragana`, `katakana`, `south_east` (Thai and its neighbours), `mark` (the wide
    punctuation of CJK), or `spaced`: of a script that puts spaces between words."""
    for name, pattern in _UNSPACED:
        if pattern.match(cluster):
            return name
    return "spaced"


def tears(before: str, after: str) -> bool:
    """Whether a line break between these two clusters would be wrong whatever the need."""
    if after[0] in NO_START or before[-1] in NO_END:
        return True
    if before[0] in _BEFORE_CONSONANT or after[0] in _AFTER_CONSONANT:
        return True
    return _MYANMAR_ASAT in after


def columns(text: str) -> int:
    """How long a text is to read, as East Asian terminals count: wide letters are two."""
    count = 0
    for char in text:
        if unicodedata.category(char) not in ("Mn", "Me", "Cf"):
            count += 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
    return count


_UNSPACED = (
    ("han", _HAN),
    ("hiragana", _HIRAGANA),
    ("katakana", _KATAKANA),
    ("south_east", _SOUTH_EAST),
    ("mark", _WIDE_MARK),
)


def _belongs(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or char in "\u200c\u200d":
        return True
    if last == _JOINER and (_is_pictogram(char) or len(cluster) > 1):
        return True
    if char in _SARA_AM or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    if _is_flag_half(char):
        return len(cluster) == 1 and _is_flag_half(last)
    if unicodedata.combining(last) == _VIRAMA and last not in _SILENT_VIRAMAS:
        return unicodedata.category(char) == "Lo"
    return False


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_pictogram(char: str) -> bool:
    return unicodedata.category(char) == "So"
