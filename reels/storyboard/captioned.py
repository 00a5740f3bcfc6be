"""Figures find the words that they are shown with: a scene is always spoken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reels.models import Visual
from reels.storyboard.markdown import Block
from reels.storyboard.pieces import is_spoken

#: More than these would leave no scenes for the words.
MAX_FIGURES = 25

#: What is said with a figure that stands alone, by the language's first part.
_PHRASES = {
    "de": (
        "Das ist der Code.",
        "Das ist das Diagramm.",
        "Das ist die Formel.",
        "Das ist das Bild.",
    ),
    "en": ("This is the code.", "This is the diagram.", "This is the formula.", "A picture."),
    "es": ("Este es el código.", "Este es el diagrama.", "Esta es la fórmula.", "Una imagen."),
    "fr": ("Voici le code.", "Voici le schéma.", "Voici la formule.", "Une image."),
    "it": ("Ecco il codice.", "Ecco lo schema.", "Ecco la formula.", "Un’immagine."),
    "pt": ("Este é o código.", "Este é o diagrama.", "Esta é a fórmula.", "Uma imagem."),
    "ru": ("Вот код.", "Вот схема.", "Вот формула.", "Картинка."),
    "uk": ("Ось код.", "Ось схема.", "Ось формула.", "Малюнок."),
    "zh": ("这是代码。", "这是图表。", "这是公式。", "一张图片。"),
}
_ORDER = ("code", "diagram", "formula", "image")


def with_words(found: list[Block], language: str, kinds: Collection[str]) -> list[Block]:
    """The blocks without figures: each is shown with the words next to it.

    Those are the words that lead up to it, else the heading above it, which is spoken then,
    else the words after it, else a phrase in `language`. Of other kinds than `kinds` nothing
    is shown, nor are more than `MAX_FIGURES`.
    """
    wanted = _wanted(found, kinds)
    spoken: list[Block] = []
    pending: Visual | None = None
    for index, block in enumerate(wanted):
        if block.kind == "figure" and block.shown:
            pending = _placed(spoken, block.shown, wanted[index + 1 :], language)
        elif pending and block.kind != "heading":
            spoken.append(replace(block, shown=pending, at_start=True))
            pending = None
        else:
            spoken.append(block)
    return spoken


def _wanted(found: list[Block], kinds: Collection[str]) -> list[Block]:
    wanted: list[Block] = []
    figures = 0
    for block in found:
        if block.shown and (block.shown.kind not in kinds or figures >= MAX_FIGURES):
            if block.kind != "figure":
                wanted.append(replace(block, shown=None))
            continue
        figures += block.shown is not None
        wanted.append(block)
    return wanted


def _placed(
    spoken: list[Block], shown: Visual, following: list[Block], language: str
) -> Visual | None:
    """Put a figure with what was spoken last, or return it to be put with what comes next."""
    before = spoken[-1] if spoken else None
    if before and before.kind != "heading" and before.shown is None:
        spoken[-1] = replace(before, shown=shown)
        return None
    if before and before.kind == "heading":
        if is_spoken(before, first=len(spoken) == 1):
            spoken.pop()
        spoken.append(Block("paragraph", before.text, shown=shown))
        return None
    after = following[0] if following else None
    if after and after.kind in ("paragraph", "item") and after.shown is None:
        return shown
    spoken.append(Block("paragraph", _phrase(shown.kind, language), shown=shown))
    return None


def _phrase(kind: str, language: str) -> str:
    phrases = _PHRASES.get(language.split("-")[0].lower(), _PHRASES["en"])
    return phrases[_ORDER.index(kind)]
