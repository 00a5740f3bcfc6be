"""The order in which a line's letters are seen: the Unicode bidirectional algorithm.

UAX #9 without explicit embeddings and isolates, whose characters no text of ours holds
(`reels.models` drops them), and without the pairing of brackets across words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

_NEUTRAL = {"B", "S", "WS", "ON"}
#: How numbers weigh on the neutrals beside them (rule N1).
_STRONG = {"L": "L", "R": "R", "EN": "R", "AN": "R"}


def levels(text: str, rtl: bool) -> list[int]:
    """The embedding level of each character; odd ones run from right to left."""
    base = 1 if rtl else 0
    kinds = _neutrals(_weak([unicodedata.bidirectional(char) or "L" for char in text], rtl), rtl)
    return [_level(kind, base) for kind in kinds]


def visual_order(of: Sequence[int]) -> list[int]:
    """The indexes of pieces with these levels, from left to right (rule L2)."""
    order = list(range(len(of)))
    lowest_odd = min((level for level in of if level % 2), default=0)
    for level in range(max(of, default=0), max(lowest_odd, 1) - 1, -1):
        start = 0
        for is_inside, group in groupby([of[i] >= level for i in order]):
            end = start + len(list(group))
            if is_inside:
                order[start:end] = order[start:end][::-1]
            start = end
    return order


def _level(kind: str, base: int) -> int:
    if base:
        return 1 if kind == "R" else 2
    return {"L": 0, "R": 1}.get(kind, 2)


def _weak(kinds: list[str], rtl: bool) -> list[str]:
    """Rules W1 to W7: what marks, numbers and their signs count as."""
    strong = before = "R" if rtl else "L"
    found: list[str] = []
    for kind in kinds:
        now = before if kind in ("NSM", "BN") else kind
        if now == "EN" and strong == "AL":
            now = "AN"
        if now in ("L", "R", "AL"):
            strong = now
        before = now
        found.append(now)
    found = ["R" if kind == "AL" else kind for kind in found]
    _separators(found)
    _terminators(found)
    strong = "R" if rtl else "L"
    for index, kind in enumerate(found):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            found[index] = "L"
        elif kind in ("ES", "ET", "CS"):
            found[index] = "ON"
    return found


def _separators(kinds: list[str]) -> None:
    """Rule W4: a sign between two numbers is of them."""
    for index in range(1, len(kinds) - 1):
        before, kind, after = kinds[index - 1 : index + 2]
        if before == after and (kind, before) in (("ES", "EN"), ("CS", "EN"), ("CS", "AN")):
            kinds[index] = before


def _terminators(kinds: list[str]) -> None:
    """Rule W5: signs of currency and percent are of the number beside them."""
    start = 0
    for kind, group in groupby(list(kinds)):
        end = start + len(list(group))
        beside = kinds[start - 1 : start] + kinds[end : end + 1]
        if kind == "ET" and "EN" in beside:
            kinds[start:end] = ["EN"] * (end - start)
        start = end


def _neutrals(kinds: list[str], rtl: bool) -> list[str]:
    """Rules N1 and N2: neutrals take the direction around them, else the paragraph's."""
    base = "R" if rtl else "L"
    found = list(kinds)
    start = 0
    for is_neutral, group in groupby(kind in _NEUTRAL for kind in kinds):
        end = start + len(list(group))
        if is_neutral:
            before = _STRONG.get(kinds[start - 1], base) if start else base
            after = _STRONG.get(kinds[end], base) if end < len(kinds) else base
            found[start:end] = [before if before == after else base] * (end - start)
        start = end
    return found
