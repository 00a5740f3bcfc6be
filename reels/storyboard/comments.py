"""What a reviewer's comment asks for, as far as simple rules can tell.

Understood: shorter, longer, fewer or more scenes, and `title: …`, in English and Russian.
Anything else asks for a different split.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TITLE = re.compile(
    r"(?:new\s+|нов(?:ый|ое)\s+)?(?:title|заголовок|название)\s*[:=—–-]\s*[\"“«]?([^\n\"”»]+)", re.I
)
_FASTER = re.compile(
    r"\b(?:short(?:er)?|faster|brief(?:er)?|more\s+scenes|короче|сократи\w*|быстрее|короткие"
    r"|больше\s+(?:сцен|кадров))\b",
    re.I,
)
_SLOWER = re.compile(
    r"\b(?:long(?:er)?|slower|more\s+detail\w*|(?:fewer|less)\s+scenes|длиннее|подробнее"
    r"|медленнее|меньше\s+(?:сцен|кадров))\b",
    re.I,
)
_MORE_SCENES = re.compile(r"\b(?:more\s+scenes|больше\s+(?:сцен|кадров))\b", re.I)
_FEWER_SCENES = re.compile(r"\b(?:(?:fewer|less)\s+scenes|меньше\s+(?:сцен|кадров))\b", re.I)


@dataclass(frozen=True)
class Wish:
    """`pace` scales the length of scenes of a text, `points` changes those of an idea."""

    title: str = ""
    pace: float = 1.0
    points: int = 0


def understand(comment: str) -> Wish:
    """The wish in a comment; one that says nothing known asks for a slightly other split."""
    titled = _TITLE.search(comment)
    title = " ".join(titled.group(1).split())[:120].strip(" .") if titled else ""
    rest = comment.replace(titled.group(0), "") if titled else comment
    if _FASTER.search(rest):
        return Wish(title, 0.65, 1 if _MORE_SCENES.search(rest) else -1)
    if _SLOWER.search(rest):
        return Wish(title, 1.5, -1 if _FEWER_SCENES.search(rest) else 1)
    return Wish(title) if title else Wish(pace=0.8)
