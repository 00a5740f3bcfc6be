"""The parts of a diagram in reading order, from a light reading of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reels.visuals.mermaid_text import Diagram

MAX_STAGES = 8

_ID = r"[^\W\d][\w.-]*(?<![-.])|\d\w*"
_EDGE = re.compile(
    r"\s*(?:<|x|o)?(?:--+|==+|-\.+-?|~~~+|-\.)(?:[^-=.|>\n]*?(?:--+|==+|\.-+))?[>xo]?\s*(?:\|[^|\n]*\|)?\s*"
)
_NODE = re.compile(
    rf"\s*({_ID})\s*(?:@\{{[^}}]*\}}|([\[({{>]++)(.*?)[\])}}]+(?=\s|;|&|$|-|=|<|~|x-|o-))?"
)
_MESSAGE = re.compile(
    r"^\s*([^\n:;]+?)\s*(?:<<)?-{1,2}(?:>>|>|x|\)|\\\\|//)[+-]?\s*[^\n:;]+?\s*:\s*(.*)$"
)
_NOTE = re.compile(r"^\s*note\s+(?:over|left of|right of)\s+[^:\n]+:\s*(.*)$", re.I)
_TRANSITION = re.compile(r"^\s*(\[\*\]|[\w.]+)\s*-->\s*(\[\*\]|[\w.]+)\s*(?::\s*(.*))?$")
#: What stands beside the line is of few signs: any number of them, some of which may be letters
#: of the names, would take hours on a hostile line.
_RELATION = re.compile(
    r"^\s*([\w.~]+|`[^`]+`)\s*(?:\"[^\"]*\"\s*)?[<*o|}()]{0,3}(?:--|\.\.)[>*o|{()]{0,3}\s*(?:\"[^\"]*\"\s*)?"
    r"([\w.~]+|`[^`]+`)\s*(?::\s*(.*))?$"
)
_BLOCK = re.compile(r"^\s*(?:class\s+|state\s+)?\"?([\w.-]+)\"?\s*(?:\[[^\]]*\])?\s*\{\s*$")


@dataclass(frozen=True)
class Part:
    """What appears together: the names of nodes, or the number of messages, and their words."""

    names: tuple[str, ...]
    words: str


def parts(diagram: Diagram) -> tuple[Part, ...]:
    """Up to `MAX_STAGES` parts; one, of all, where a kind has no simple ones."""
    found = list(_READERS[diagram.kind](diagram.text)) if diagram.kind in _READERS else []
    if len(found) < 2:
        return (Part((), " ".join(part.words for part in found)),)
    return tuple(_shared(found))


def _shared(found: list[Part]) -> Iterator[Part]:
    """In groups of like size when there are many."""
    groups = min(MAX_STAGES, len(found))
    for number in range(groups):
        group = found[number * len(found) // groups : (number + 1) * len(found) // groups]
        names = tuple(name for part in group for name in part.names)
        yield Part(names, " ".join(part.words for part in group if part.words))


def _flowchart(text: str) -> Iterator[Part]:
    labels: dict[str, str] = {}
    for line in re.split(r"[\n;]", text)[1:]:
        if re.match(r"\s*(subgraph|end|direction)\b", line):
            continue
        at = 0
        while found := _NODE.match(line, at):
            name, label = found.group(1), found.group(3)
            if label or name not in labels:
                labels[name] = _plain(label or name)
            between = _EDGE.match(line, found.end())
            also = re.compile(r"\s*&").match(line, found.end())
            step = also or between
            if not step or step.end() == found.end():
                break
            at = step.end()
    for name, label in labels.items():
        yield Part((name,), label)


def _sequence(text: str) -> Iterator[Part]:
    for line in text.splitlines()[1:]:
        said = _NOTE.match(line)
        message = None if said else _MESSAGE.match(line)
        if said:
            yield Part(("message",), _plain(said.group(1)))
        elif message:
            yield Part(("message",), _plain(message.group(2)))


def _named(text: str) -> Iterator[Part]:
    """States, classes and entities, with the words of the edges that lead to them."""
    words: dict[str, list[str]] = {}
    inside = 0
    for line in text.splitlines()[1:]:
        block = _BLOCK.match(line)
        if block and not inside:
            words.setdefault(block.group(1), [block.group(1)])
        pair = None if inside else (_TRANSITION.match(line) or _RELATION.match(line))
        inside = max(0, inside + line.count("{") * bool(block) - (line.strip() == "}"))
        if pair:
            for name in pair.groups()[:2]:
                if name != "[*]":
                    words.setdefault(name, [name])
            if pair.group(3) and pair.group(2) != "[*]":
                words[pair.group(2)].append(_plain(pair.group(3)))
    for name, said in words.items():
        yield Part((name,), " ".join(said))


def transitions(diagram: Diagram) -> list[tuple[str, str]]:
    """The ends of a state diagram's edges, in their order: its drawing does not tell them."""
    if diagram.kind != "state":
        return []
    found = map(_TRANSITION.match, diagram.text.splitlines())
    return [(pair.group(1), pair.group(2)) for pair in found if pair]


def _plain(label: str) -> str:
    return " ".join(re.sub(r"<br\s*/?>|[\[\](){}\"'`|/\\]+", " ", label).split())


_READERS = {
    "flowchart": _flowchart,
    "sequence": _sequence,
    "class": _named,
    "state": _named,
    "er": _named,
}
