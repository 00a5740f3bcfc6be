"""Mermaid as text: what is refused, what is left out, its direction and its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reels.errors import InvalidInput
from reels.visuals.mermaid_outline import mindmap, timeline

FIELD = "visual.spec.mermaid"
#: The kinds that are drawn well, by the word that they start with.
KINDS = {
    "graph": "flowchart",
    "flowchart": "flowchart",
    "flowchart-elk": "flowchart",
    "sequencediagram": "sequence",
    "classdiagram": "class",
    "classdiagram-v2": "class",
    "statediagram": "state",
    "statediagram-v2": "state",
    "erdiagram": "er",
    "gantt": "gantt",
    "pie": "pie",
    "mindmap": "mindmap",
    "timeline": "timeline",
}
_OUTLINES = {"mindmap": mindmap, "timeline": timeline}
#: Far more than legible letters leave room for; layouts take longer with the square of these.
_MAX_LINES, _MAX_EDGES, _MAX_LINE_CHARS, _MAX_DEPTH = 90, 80, 600, 8
_EDGES = re.compile(r"--+|==+|-\.|~~~")
_TAG = re.compile(r"(?<!<)</?(?!br\b)([A-Za-z][\w-]*)\b[^<>\n]*>(?!>)", re.I)
_ACTIVE_TAGS = frozenset({
    "script", "iframe", "object", "embed", "img", "image", "svg", "style", "link",
    "foreignobject", "video", "audio", "form", "input", "base", "meta", "math",
})  # fmt: skip
_PICTURE = re.compile(r"@\{[^}]*\b(img|icon)\s*:", re.I)
_DIRECTIVE = re.compile(r"%%\{.*?\}%%", re.S)
_FRONT = re.compile(r"\A\s*---[ \t]*\n.*?\n[ \t]*---[ \t]*(?:\n|\Z)", re.S)
#: Lines that link, call or colour; `class X` alone is a class of a class diagram.
_LEFT_OUT = re.compile(
    r"^\s*(?:click|callback|href|linkStyle|style|classDef|cssClass|link|links|properties|details"
    r"|todayMarker|accTitle|accDescr|tickInterval|axisFormat|weekday|class\s+[\w,]+\s+\w+\s*;?\s*$)"
    r"(?![\w(])[^\n]*$",
    re.M,
)
_CLASSED = re.compile(r":::\s*[\w-]+")
_TITLE = re.compile(r"^\s*(?:pie\s+(?:showData\s+)?)?title\s*:?\s+(.+?)\s*$", re.M | re.I)


@dataclass(frozen=True)
class Diagram:
    """A diagram's text, of one of the `KINDS`, with nothing in it that links, loads or styles."""

    kind: str
    text: str
    title: str = ""


def read(source: str) -> Diagram:
    """The harmless part of Mermaid text.

    Raises:
        InvalidInput: it is of a kind that is not drawn, carries markup or pictures, or is nested
            too deeply.
    """
    front = _FRONT.match(source)
    text = _DIRECTIVE.sub("", source[front.end() :] if front else source)
    text = re.sub(r"^\s*%%.*$", "", text, flags=re.M).strip()
    word = re.match(r"[\w-]*", text)
    kind = KINDS.get(word.group().lower() if word else "")
    if kind is None:
        raise InvalidInput(
            FIELD,
            f"{FIELD}: diagrams of the kind {text[:24].split(maxsplit=1)[:1]} are not drawn.",
            remedy=f"Use one of: {', '.join(sorted(set(KINDS.values())))}.",
        )
    _check(text)
    titled = _TITLE.search(front.group() if front else "") or _TITLE.search(text)
    if kind in ("gantt", "pie", "timeline"):
        text = _TITLE.sub(lambda m: "pie" if m.group().lstrip()[:3] == "pie" else "", text, count=1)
    text = _TAG.sub("", _CLASSED.sub("", text))
    text = _left_out(kind, text)
    if kind in _OUTLINES:
        kind, text = "flowchart", _OUTLINES[kind](text)
    return Diagram(kind, text, titled.group(1).strip("\"' ")[:120] if titled else "")


def _left_out(kind: str, text: str) -> str:
    first, _, rest = text.partition("\n")
    return first + "\n" + _LEFT_OUT.sub("", rest) if kind != "mindmap" else text


def _check(text: str) -> None:
    for found in _TAG.finditer(text):
        if found.group(1).lower() in _ACTIVE_TAGS:
            raise InvalidInput(
                FIELD,
                f"{FIELD}: <{found.group(1).lower()}> is not taken.",
                remedy="Write labels as plain text.",
            )
    if _PICTURE.search(text):
        raise InvalidInput(
            FIELD, f"{FIELD}: pictures and icons are not taken.", remedy="Use shapes with words."
        )
    if "$$" in text:
        raise InvalidInput(
            FIELD, f"{FIELD}: formulas in labels are not drawn.", remedy="Use a formula scene."
        )
    depth = deepest = 0
    # What opens and closes a part stands at the start of a line; in labels it is a word.
    for word in _NESTING.findall(text):
        depth = max(0, depth + (-1 if word.strip() in ("end", "}") else 1))
        deepest = max(deepest, depth)
    edges = sum(
        len(_EDGES.findall(line)) * (1 + line.count("&")) ** 2 for line in text.splitlines()
    )
    longest = max(map(len, text.splitlines()))
    if (
        text.count("\n") > _MAX_LINES
        or edges > 2 * _MAX_EDGES
        or longest > _MAX_LINE_CHARS
        or deepest > _MAX_DEPTH
    ):
        raise InvalidInput(
            FIELD,
            f"{FIELD}: it is too large, or nested too deeply.",
            remedy="Make several smaller diagrams of it.",
        )


_NESTING = re.compile(r"^[ \t]*(?:subgraph|loop|alt|opt|par|end)\b|[{}]", re.M)
_HEAD = re.compile(r"\A(graph|flowchart(?:-elk)?)\b[ \t]*(TB|TD|BT|RL|LR|[<>^v])?", re.I)
_INNER = re.compile(r"^[ \t]*direction[ \t]+(TB|TD|BT|RL|LR)[ \t]*;?[ \t]*$", re.M)


def direction(diagram: Diagram) -> str:
    """ "TD" or "LR" as the source has it, or "" where the kind has no direction."""
    if diagram.kind == "flowchart":
        found = _HEAD.match(diagram.text)
        said = (found.group(2) or "").upper() if found else ""
        return "LR" if said in ("LR", "RL", ">", "<") else "TD"
    if diagram.kind in ("class", "state", "er"):
        inner = _INNER.search(diagram.text)
        return "LR" if inner and inner.group(1) in ("LR", "RL") else "TD"
    return ""


def turned(diagram: Diagram, wanted: str) -> str:
    """The text with the diagram running in `wanted` direction."""
    text = diagram.text
    if diagram.kind == "flowchart":
        return _HEAD.sub(f"flowchart {wanted}", text, count=1)
    if diagram.kind in ("class", "state", "er"):
        first, _, rest = text.partition("\n")
        outer, inner = _outer(rest)
        return f"{first}\ndirection {'TB' if wanted == 'TD' else wanted}\n{outer}{inner}"
    return text


def _outer(rest: str) -> tuple[str, str]:
    """A direction before the first block is the diagram's own, and goes."""
    start = rest.find("{")
    head = rest if start < 0 else rest[:start]
    return _INNER.sub("", head), rest[len(head) :]
