"""Capital letters by the rules of a language (Unicode 16, section 5.18)."""

from __future__ import annotations

import unicodedata

from reels.fonts import drawable

_DOTTED_I = {"tr", "az"}
_GREEK_ACCENTS = {"\u0301", "\u0300", "\u0342", "\u0313", "\u0314"}
_DIALYTIKA = "\u0308"
_GREEK_VOWELS = "αεηιουω"


def capitals(text: str, language: str) -> str:
    """`text` in capitals; a letter whose capital no shipped font has stays as it is.

    Turkish and Azerbaijani keep the dot of the i, Greek drops its accents, German ß becomes
    ẞ and everywhere else SS.
    """
    base = language.split("-")[0]
    if base in _DOTTED_I:
        text = text.replace("i", "İ").replace("ı", "I")
    if base == "de":
        text = text.replace("ß", "ẞ")
    if base == "el":
        text = _without_accents(text)
    return "".join(_capital(char) for char in text)


def _capital(char: str) -> str:
    capital = char.upper()
    return capital if drawable(capital) == capital else char


def _without_accents(text: str) -> str:
    # The word "or" keeps its accent, by which capitals tell it from the article.
    if "".join(filter(str.isalpha, text)) == "ή":
        return text
    plain: list[str] = []
    parted = False
    for char in text:
        base, *marks = list(unicodedata.normalize("NFD", char))
        accented = any(mark in _GREEK_ACCENTS for mark in marks)
        is_greek = base.lower() in _GREEK_VOWELS
        if is_greek and parted and base.lower() in "ιυ" and _DIALYTIKA not in marks:
            marks.append(_DIALYTIKA)
        parted = is_greek and accented and base.lower() in "αεου"
        kept = [mark for mark in marks if not (is_greek and mark in _GREEK_ACCENTS)]
        plain.append(unicodedata.normalize("NFC", base + "".join(kept)))
    return "".join(plain)
