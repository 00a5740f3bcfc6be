"""What a text shows rather than says: code, diagrams, formulas and pictures in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from markdown_it.token import Token

from reels.models import Visual

#: The kinds that a text can hold.
KINDS: Final = ("code", "diagram", "formula", "image")

#: What is shown of the longest of them.
_MAX_LINES, _MAX_LINE_CHARS, _MAX_CODE_CHARS = 150, 400, 7_900
_MAX_DIAGRAM_CHARS, _MAX_FORMULA_CHARS = 6_000, 2_000
_MAX_URL_CHARS, _MAX_ALT_CHARS = 2_000, 200

_DIAGRAMS = {"mermaid"}
_FORMULAS = {"math", "latex", "tex", "katex"}
_DISPLAYED = re.compile(
    r"^[ \t]{0,3}(?:\$\$(?P<a>[^$]+?)\$\$|\\\[(?P<b>.+?)\\\])[ \t]*$", re.S | re.M
)
#: Also within lists and quotes. Behind backticks that open a block there are none; else they
#: enclose words within a line.
_FENCE = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}(?=[^`]*$)|~{3,})")
_PICTURE_URL = re.compile(r"https?://[^\s]+", re.I)
_BADGE = re.compile(r"//(img\.)?shields\.io/|/badges?/|badge\.svg", re.I)
_NO_PICTURE = re.compile(r"\.svg(\?|#|$)", re.I)


def fenced_formulas(text: str) -> str:
    r"""The text with formulas that stand alone, `$$…$$` or `\[…\]`, as fenced blocks."""
    return _DISPLAYED.sub(lambda m: f"\n```math\n{(m['a'] or m['b']).strip()}\n```\n", text)


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """The text with `change` made wherever it is not fenced code."""
    parts: list[tuple[bool, list[str]]] = [(False, [])]
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not fence and mark:
            fence = mark[1]
            parts.append((True, [line]))
        elif fence and mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
            parts[-1][1].append(line)
            parts.append((False, []))
            fence = ""
        else:
            parts[-1][1].append(line)
    joined = ((fenced, "\n".join(lines)) for fenced, lines in parts if lines)
    return "\n".join(part if fenced else change(part) for fenced, part in joined)


def of_fence(token: Token) -> Visual | None:
    """A fenced block as something to show; None when there is nothing in it."""
    content = token.content.strip("\n")
    if not content.strip():
        return None
    language = (token.info.strip().split() or [""])[0].strip("{}.").lower()
    if language in _DIAGRAMS and len(content) <= _MAX_DIAGRAM_CHARS:
        return Visual(kind="diagram", spec={"mermaid": content})
    if language in _FORMULAS and len(content) <= _MAX_FORMULA_CHARS:
        return Visual(kind="formula", spec={"latex": content.strip()})
    return Visual(kind="code", spec={"code": _shortened(content), "language": language[:40]})


def of_picture(children: Sequence[Token]) -> Visual | None:
    """The picture of a paragraph that is nothing but one, by its address."""
    solid = [child for child in children if child.type != "softbreak" and child.content.strip()]
    pictures = [child for child in children if child.type == "image"]
    if len(pictures) != 1 or any(child.type != "image" for child in solid):
        return None
    if any(child.type == "link_open" for child in children):
        return None
    url = str(pictures[0].attrGet("src") or "")
    if not _PICTURE_URL.fullmatch(url) or len(url) > _MAX_URL_CHARS:
        return None
    if _NO_PICTURE.search(url) or is_badge(pictures[0]):
        return None
    return Visual(kind="image", spec={"url": url, "alt": pictures[0].content[:_MAX_ALT_CHARS]})


def is_badge(image: Token) -> bool:
    """Whether it is one of the small signs above a README, which nobody reads out."""
    return bool(_BADGE.search(str(image.attrGet("src") or "")))


def in_words(formula: str) -> str:
    """A formula within a line, without the marks of LaTeX."""
    plain = re.sub(r"\\([A-Za-z]+)", r"\1 ", formula).replace("\\", " ")
    return " ".join(re.sub(r"[{}]", " ", plain).split())


def reading_s(visual: Visual) -> float:
    """How long it should be on screen at least: a line of code takes a third of a second."""
    if visual.kind == "code":
        lines = str(visual.spec.get("code", "")).count("\n") + 1
        return min(30.0, 2.0 + lines / 3)
    if visual.kind == "diagram":
        parts = str(visual.spec.get("mermaid", "")).count("\n") + 1
        return min(12.0, 2.5 + parts / 2)
    if visual.kind == "formula":
        return min(8.0, 3.0 + len(str(visual.spec.get("latex", ""))) / 60)
    return 3.0 if visual.kind == "image" else 0.0


def _shortened(code: str) -> str:
    """The lines that are shown; an ellipsis stands for those that are not."""
    lines = [line.rstrip()[:_MAX_LINE_CHARS] for line in code.split("\n")]
    kept, size = list[str](), 0
    for line in lines[:_MAX_LINES]:
        size += len(line) + 1
        if size > _MAX_CODE_CHARS:
            break
        kept.append(line)
    return "\n".join(kept if len(kept) == len(lines) else [*kept, "…"])
