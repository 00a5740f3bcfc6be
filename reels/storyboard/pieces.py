"""Blocks of plain text become the pieces of speech that scenes are grouped from."""

from __future__ import annotations

from dataclasses import replace

from reels.storyboard.grouping import MAX_PIECE_CHARS, MAX_WORDS, Piece
from reels.storyboard.markdown import Block, has_words
from reels.storyboard.sentences import sentences, short_pieces

MAX_TITLE_CHARS = 120
_MAX_SECTION_CHARS = 48


def title_of(found: list[Block]) -> tuple[str, list[Block]]:
    """The title and what is left to speak; a text of nothing but headings is spoken."""
    first = found[0]
    if first.kind != "heading" or len(first.text) > MAX_TITLE_CHARS:
        return "", found
    return (first.text, found[1:]) if len(found) > 1 else (first.text, found)


def is_spoken(heading: Block, *, first: bool) -> bool:
    """Whether it is too long to stand above what follows. The first one would be the title."""
    return len(heading.text) > (MAX_TITLE_CHARS if first else _MAX_SECTION_CHARS)


def pieces_of(found: list[Block]) -> list[Piece]:
    """The pieces of all blocks in order.

    A heading that has something below it and is short becomes the section of what follows; any
    other is spoken like a paragraph.
    """
    pieces: list[Piece] = []
    section = ""
    for index, block in enumerate(found):
        following = found[index + 1].kind if index + 1 < len(found) else ""
        if block.kind == "heading":
            shown = following in ("paragraph", "item") and not is_spoken(block, first=False)
            section = block.text if shown else ""
            if shown:
                continue
        leads = block.kind == "paragraph" and following == "item"
        pieces += _of_block(block, index, section, leads, last=index == len(found) - 1)
    return pieces


def _of_block(
    block: Block, paragraph: int, section: str, leads: bool, *, last: bool
) -> list[Piece]:
    text = block.text if last and block.kind == "paragraph" else _closed(block.text)
    pieces: list[Piece] = []
    for sentence in sentences(text):
        # A row of dots longer than a piece would be a scene without a word.
        parts = [p for p in short_pieces(sentence, MAX_WORDS, MAX_PIECE_CHARS) if has_words(p)]
        for index, part in enumerate(parts):
            pieces.append(Piece(part, index == len(parts) - 1, section, paragraph))
    if block.shown:
        at = 0 if block.at_start else -1
        pieces[at] = replace(pieces[at], shown=block.shown)
    if block.kind == "item" and len(pieces) == 1:
        return [replace(pieces[0], bullet=block.text.rstrip(" .;,"))]
    if leads:
        pieces[-1] = replace(pieces[-1], leads=True)
    return pieces


def _closed(text: str) -> str:
    """Ends like a sentence, so that the voice pauses before what follows."""
    text = text.rstrip(" ;,") or text
    if not text[-1].isalnum():
        return text
    return text + ("。" if "\u3040" <= text[-1] <= "\u9fff" else ".")
