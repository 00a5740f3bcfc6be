"""Mind maps and timelines as flowcharts: their own layouts leave too little room for letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Brackets that open are not given back: of a hostile line that takes exponential time.
_SHAPE = re.compile(r"^[\w-]*+\s*+(?:[()\[]|\{\{)++(.*?)[\])}(]+$")


def mindmap(text: str) -> str:
    """Each line a node, joined to the nearest line above that is less indented."""
    rows: list[str] = []
    above: list[tuple[int, int]] = []
    for number, (indent, label) in enumerate(_branches(text)):
        while above and above[-1][0] >= indent:
            above.pop()
        rows.append(f'n{number}(["{label}"])' if not above else f'n{number}["{label}"]')
        if above:
            rows.append(f"n{above[-1][1]} --- n{number}")
        above.append((indent, number))
    return "\n".join(["flowchart LR", *rows])


def _branches(text: str) -> Iterator[tuple[int, str]]:
    for line in text.splitlines()[1:]:
        bare = line.strip()
        if not bare or bare.startswith("::"):
            continue
        shaped = _SHAPE.match(bare)
        yield (
            len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()),
            _quoted(shaped.group(1) if shaped else bare),
        )


def timeline(text: str) -> str:
    """Each period a node of a chain, its events below its name."""
    found: list[list[str]] = []
    for line in text.splitlines()[1:]:
        bare = line.strip()
        if not bare or bare.lower().startswith(("section", "title")):
            continue
        period, *events = (part.strip() for part in re.split(r"\s:\s?|^:\s?", bare))
        if period:
            found.append([period])
        if found:
            found[-1] += [event for event in events if event]
    rows = [
        f'n{number}["{"<br/>".join(_quoted(part) for part in parts)}"]'
        for number, parts in enumerate(found)
    ]
    joined = " --> ".join(f"n{number}" for number in range(len(found)))
    return "\n".join(["flowchart LR", *rows, joined])


def _quoted(label: str) -> str:
    return " ".join(label.strip("\"'`").replace('"', "”").split())
