"""The stages of a piece of code: page by page, and within a page block by block."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import JsonValue

from reels.visuals.base import MAX_STAGES, Stage
from reels.visuals.code_layout import CodeLayout

#: More would flicker; a page is one block more easily than two half ones.
_MOST_BLOCKS = 6
#: A line or two of imports alone would leave the card empty.
_LEAST_LINES = 3
_WORD = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ])")
#: A word that is part of the language says nothing about what the block does.
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        and as async await bool break case catch char class const continue def do double elif
        else end enum export extends false final float for from func function if import in int
        interface is lambda let long new nil none not null or package pass private public
        return self static std str string struct super switch template then this throw true
        try type typedef using var void while with yield
        """,
    )
)


def block_stages(spec: dict[str, JsonValue], layout: CodeLayout) -> tuple[Stage, ...]:
    """One stage for each block of each page; pages beyond `MAX_STAGES` have none."""
    pages = [sorted({row.line for row in page}) for page in layout.pages[:MAX_STAGES]]
    found: list[Stage] = []
    for number, (page, count) in enumerate(zip(pages, _shares(layout, pages), strict=True)):
        start = 0
        for end in _ends(layout.lines, page, count):
            block = [layout.lines[line] for line in page[start:end]]
            shown = {"shown": end - _blank_below(block)} if end < len(page) else {}
            paged = {"page": number} if number else {}
            text = _named(block) if found else ""
            found.append(Stage(spec={**spec, **paged, **shown}, text=text))
            start = end
    return tuple(found)


def _shares(layout: CodeLayout, pages: Sequence[Sequence[int]]) -> list[int]:
    """How many blocks each page is parted into: one, and more while there are some to give."""
    wanted = [len(_starts(layout.lines, page)) + 1 for page in pages]
    given = [1] * len(pages)
    for _ in range(_MOST_BLOCKS - len(pages)):
        neediest = max(range(len(pages)), key=lambda n: wanted[n] / given[n])
        if given[neediest] < wanted[neediest]:
            given[neediest] += 1
    return given


def _starts(lines: Sequence[str], page: Sequence[int]) -> list[int]:
    """Where blocks begin on a page but the first: after blank lines, least indented."""
    found = [
        n
        for n in range(1, len(page))
        if lines[page[n]] and not lines[page[n] - 1] and page[n - 1] == page[n] - 1
    ]
    depths = {n: len(lines[page[n]]) - len(lines[page[n]].lstrip()) for n in found}
    kept: list[int] = []
    for n in found:
        above = sum(1 for line in page[kept[-1] if kept else 0 : n] if lines[line])
        if depths[n] == min(depths.values()) and above >= _LEAST_LINES:
            kept.append(n)
    return kept


def _ends(lines: Sequence[str], page: Sequence[int], count: int) -> list[int]:
    """The ends of `count` runs of blocks of like length, the last being the page's."""
    free = _starts(lines, page)
    found: list[int] = []
    for number in range(1, count):
        goal = len(page) * number / count
        after = [start for start in free if not found or start > found[-1]]
        left = count - 1 - number
        choice = after[: len(after) - left]
        found.append(min(choice, key=lambda start: abs(start - goal)))
    return [*found, len(page)]


def _blank_below(block: Sequence[str]) -> int:
    return next((n for n, line in enumerate(reversed(block)) if line), len(block))


def _named(lines: Sequence[str]) -> str:
    """The words of comments, texts and names, each once, in order."""
    words = (word for line in lines for word in _WORD.findall(_HUMP.sub(" ", line)))
    kept = (
        w
        for w in words
        if w.casefold() not in _KEYWORDS and (len(w) > 1 or not w.isascii() or w.isdigit())
    )
    return " ".join(dict.fromkeys(kept))
