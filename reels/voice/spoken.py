"""What of a written line is read aloud. Positions stay: one character in, one out."""

from __future__ import annotations

import re
import unicodedata

#: Marks for the eye, which a voice would name ("asterisk"). Brackets among them, so that
#: nothing looks like the engine's own phoneme notation.
_MARKS = frozenset("*_`|~^\\{}[]•·")
#: Symbols that are words of their own ("and", "per cent").
_SPOKEN = frozenset("&+=%#@§°№™©®")
_ARROWS = range(0x2190, 0x2200)
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_PICTURES_FROM = 0x2300
_LONE_HYPHEN = re.compile(r"(?<!\S)-(?!\S)")


def spoken_text(line: str) -> str:
    """`line` with every white space a plain space, and pictures and marks made blank.

    A hyphen between spaces becomes a dash, which is a pause; the engine would mumble it.
    """
    plain = "".join(" " if char.isspace() or _is_for_the_eye(char) else char for char in line)
    return _LONE_HYPHEN.sub("—", plain)


def is_speakable(text: str) -> bool:
    """Whether anything of `text` is read aloud: a letter, a digit, or a symbol with a name."""
    return any(
        char.isalnum() or char in _SPOKEN or unicodedata.category(char) == "Sc"
        for char in spoken_text(text)
    )


def _is_for_the_eye(char: str) -> bool:
    code = ord(char)
    if char in _MARKS or code in _ARROWS or code in _VARIATION_SELECTORS:
        return True
    # Sk are skin tones and Cf tags of flags; Cn are pictures newer than this Python.
    return code >= _PICTURES_FROM and unicodedata.category(char) in {"So", "Sk", "Me", "Cf", "Cn"}
