"""The shipped fonts: where they lie, and which of them has which letter.

Slides and captions ask by weight. `runs` splits a text by the face that can draw it, so that
no letter is ever an empty box.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from reels.fonts.cmap import code_points

FONTS_DIR = Path(__file__).parent

Weight = Literal["medium", "semibold", "bold", "extrabold", "display", "mono"]


@dataclass(frozen=True)
class Face:
    """One font file. `family` is the name that it bears, `weight` is 100 to 900."""

    family: str
    file: str
    weight: int

    @property
    def path(self) -> Path:
        return FONTS_DIR / self.file

    def has(self, char: str) -> bool:
        return ord(char) in _points(self.file)


@lru_cache(maxsize=64)
def _points(file: str) -> frozenset[int]:
    return code_points(FONTS_DIR / file)


@dataclass(frozen=True)
class Run:
    """A stretch of text that one face draws."""

    text: str
    face: Face


FACES: dict[Weight, Face] = {
    "medium": Face("Inter", "Inter-Medium.otf", 500),
    "semibold": Face("Inter", "Inter-SemiBold.otf", 600),
    "bold": Face("Inter", "Inter-Bold.otf", 700),
    "extrabold": Face("Inter", "Inter-ExtraBold.otf", 800),
    "display": Face("Inter Display", "InterDisplay-ExtraBold.otf", 800),
    "mono": Face("JetBrains Mono", "JetBrainsMono-Medium.ttf", 500),
}

_SCRIPTS = [
    "Arabic",
    "Hebrew",
    "Armenian",
    "Georgian",
    "Devanagari",
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Oriya",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Sinhala",
    "Thai",
    "Lao",
    "Khmer",
    "Myanmar",
    "Ethiopic",
    "Cherokee",
]

#: Faces that stand in for what the wanted one lacks, in the order in which they are asked.
FALLBACKS: tuple[Face, ...] = (
    FACES["bold"],
    Face("Noto Sans", "NotoSans-Bold.ttf", 700),
    *(Face(f"Noto Sans {name}", f"NotoSans{name}-Bold.ttf", 700) for name in _SCRIPTS),
    Face("Noto Sans Kana", "NotoSansKana-Bold.otf", 700),
    *(Face(f"Noto Sans Han {c}", f"NotoSansHan{c}-Bold.otf", 700) for c in "ABCDEF"),
    Face("Noto Sans Hangul", "NotoSansHangul-Bold.otf", 700),
    Face("Noto Emoji A", "NotoEmojiA-SemiBold.ttf", 600),
    Face("Noto Emoji B", "NotoEmojiB-SemiBold.ttf", 600),
    Face("Noto Sans Math", "NotoSansMath-Regular.ttf", 400),
    Face("Noto Sans Symbols2", "NotoSansSymbols2-Regular.ttf", 400),
)


def font_path(weight: Weight) -> Path:
    """The file of a weight of the house face."""
    return FACES[weight].path


def runs(text: str, weight: Weight = "bold") -> list[Run]:
    """`text` cut into stretches of one face each; what no shipped font has is left out.

    The wanted weight is used wherever it has the letter. Spaces, marks and joiners stay with
    the face of the letter before them.
    """
    wanted = FACES[weight]
    found: list[Run] = []
    for char in text:
        before = found[-1].face if found else None
        face = _face_for(char, wanted, before)
        if face is None:
            continue
        if face == before:
            found[-1] = Run(found[-1].text + char, face)
        else:
            found.append(Run(char, face))
    return found


def drawable(text: str) -> str:
    """`text` without the characters that no shipped font has."""
    return "".join(run.text for run in runs(text))


def _face_for(char: str, wanted: Face, before: Face | None) -> Face | None:
    if before is not None and _stays(char, before):
        return before
    if wanted.has(char):
        return wanted
    return _fallback(char)


def _stays(char: str, before: Face) -> bool:
    if _joins(char):
        return True
    if char.isspace():
        return before.has(" ")
    return unicodedata.combining(char) > 0 and before.has(char)


def _joins(char: str) -> bool:
    return char in "\u200c\u200d\ufe0e\ufe0f"


@lru_cache(maxsize=4096)
def _fallback(char: str) -> Face | None:
    return next((face for face in FALLBACKS if face.has(char)), None)
