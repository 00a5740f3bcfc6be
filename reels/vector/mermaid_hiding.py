"""Puts a diagram's SVG into our letters, and hides the parts that are not to be seen yet."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from reels.fonts import FACES
from reels.vector.svg import Element, local

#: About the width of a figure.
_TICK_PX = 9.5
#: The corners of a node.
_ROUND = "5"
_PIE_SCALE = 0.72
_SIZE = re.compile(r"(?:^|;)\s*(?:font-size|font-family|line-height)\s*:[^;]*", re.I)


def settle(root: Element, css: str, letters: float) -> None:
    """All letters in one face and one size; our rules after Mermaid's."""
    for element in root.iter():
        if local(element) == "rect" and "label-container" in element.get("class", "").split():
            element.set("rx", element.get("rx") or _ROUND)
        if local(element) not in ("text", "tspan"):
            continue
        for name in ("font-size", "font-family"):
            element.attrib.pop(name, None)
        own = _SIZE.sub("", element.get("style", "")).strip("; ")
        ours = f"font-size:{letters:g}px;font-family:{FACES['medium'].family}"
        element.set("style", f"{own};{ours}" if own else ours)
    style = ElementTree.SubElement(root, "{http://www.w3.org/2000/svg}style")
    style.text = css


def crop_pie(root: Element) -> None:
    """Without the room for a title; and smaller, so that its words are larger beside it."""
    pie = next(e for e in root.iter() if "pieOuterCircle" in e.get("class", ""))
    _, _, width, _ = map(float, root.attrib["viewBox"].split())
    radius = _number(pie.get("r")) * _PIE_SCALE
    for element in root.iter():
        classes = element.get("class", "").split()
        if {"pieCircle", "pieOuterCircle"} & set(classes):
            element.set("transform", f"scale({_PIE_SCALE})")
        elif {"slice", "legend"} & set(classes):
            x, y = _place(element)
            factor = _PIE_SCALE if "slice" in classes else 1
            left = x * factor if "slice" in classes else x - _number(pie.get("r")) + radius
            element.set("transform", f"translate({left:.2f},{y * factor:.2f})")
    gone = _number(pie.get("r")) - radius
    left = 225 - radius - 4
    root.set("viewBox", f"{left:g} {225 - radius - 4:g} {width - left - gone:g} {2 * radius + 8:g}")


def thin_ticks(root: Element) -> None:
    """Keep the dates below a chart that do not run into one another."""
    free = -1e9
    for element in root.iter():
        if "tick" in element.get("class", "").split():
            x, _ = _place(element)
            words = "".join(element.itertext())
            if x < free:
                _hide(element)
            else:
                free = x + _TICK_PX * len(words) + _TICK_PX


def hide(root: Element, kind: str, show: dict[str, Any] | None) -> None:
    """Make parts invisible without moving any: a sequence's messages after the first
    `messages`, else the nodes `hidden` with the edges that touch them."""
    if show is None:
        return
    if kind == "sequence":
        _hide_messages(root, show["messages"])
        return
    hidden = set(show["hidden"])
    named = [(e, _node_name(e.get("id", ""))) for e in root.iter() if _is_node(e)]
    for element, name in named:
        if name in hidden or name.endswith("root_end"):
            _hide(element)
    ends = {f"edge{number}": set(pair) for number, pair in enumerate(show["edges"])}
    for element in root.iter():
        classes = element.get("class", "").split()
        if "edgeTerminals" in classes:
            _hide(element)
        identity = element.get("data-id", "")
        if not identity or _is_node(element) or "cluster" in classes:
            continue
        if (
            ends.get(identity, set()) & hidden
            or "[*]" in list(ends.get(identity, ()))[1:]
            or any(_touches(identity, name) for name in hidden)
        ):
            _hide(element)
    _hide_empty(root, [(e, name in hidden) for e, name in named])


def _is_node(element: Element) -> bool:
    return "node" in element.get("class", "").split()


def _node_name(identity: str) -> str:
    found = re.match(r"(?:my-svg-)?(?:flowchart|state|classId|entity)-(.+)-\d+$", identity)
    return found.group(1) if found else identity


def _touches(edge: str, name: str) -> bool:
    """Edges are called `L_A_B_0`, `id_A_B_0` or `id_entity-A-0_entity-B-1_0`."""
    own = re.escape(name)
    return bool(re.match(rf"(?:L|id)_(?:{own}_.+|.+_{own})_\d+$", edge)) or bool(
        re.match(rf"id_(?:.+_)?entity-{own}-\d+_", edge)
    )


def _hide(element: Element) -> None:
    own = re.sub(r"(?:^|;)\s*opacity\s*:[^;]*", "", element.get("style", "")).strip(";")
    element.set("style", f"{own};opacity:0" if own else "opacity:0")


def _hide_empty(root: Element, nodes: list[tuple[Element, bool]]) -> None:
    """Groups around hidden nodes only."""
    places = [(_place(node), hidden) for node, hidden in nodes]
    for element in root.iter():
        frame = element.find("{http://www.w3.org/2000/svg}rect")
        if "cluster" not in element.get("class", "").split() or frame is None:
            continue
        x, y, wide, high = (_number(frame.get(n)) for n in ("x", "y", "width", "height"))
        inside = [h for (a, b), h in places if x <= a <= x + wide and y <= b <= y + high]
        if inside and all(inside):
            _hide(element)


def _place(element: Element) -> tuple[float, float]:
    found = re.match(r"translate\(([-\d.]+)[, ]+([-\d.]+)\)", element.get("transform", ""))
    return (float(found.group(1)), float(found.group(2))) if found else (-1e9, -1e9)


def _hide_messages(root: Element, count: int) -> None:
    """The messages and notes after the first `count`, and what starts below the last seen."""
    steps: dict[int, list[Element]] = {}
    for element in root.iter():
        number = re.fullmatch(r"i(\d+)", element.get("data-id", ""))
        if number and element.get("data-et") in ("message", "note"):
            steps.setdefault(int(number.group(1)), []).append(element)
    order = sorted(steps)
    for step in order[count:]:
        for element in steps[step]:
            _hide(element)
    seen = [_top(e) for step in order[:count] for e in steps[step]]
    lowest = max(seen, default=0.0)
    _hide_texts(root, lowest)
    for element in root.iter():
        classes = element.get("class", "")
        framed = element.get("data-et") == "control-structure"
        if (framed or classes.startswith("activation")) and _top(element) > lowest:
            _hide(element)


def _hide_texts(root: Element, lowest: float) -> None:
    """A message's words stand a little above its line, and bear no number."""
    for element in root.iter():
        if "messageText" in element.get("class", "").split() and _top(element) > lowest:
            _hide(element)


def _top(element: Element) -> float:
    found = [
        _number(part.get(name))
        for part in element.iter()
        for name in ("y1", "y")
        if part.get(name) and local(part) in ("line", "rect", "text")
    ]
    if local(element) == "path":
        start = re.match(r"M\s*[-\d.]+[ ,]+([-\d.]+)", element.get("d", ""))
        found += [float(start.group(1))] if start else []
    return min(found, default=0.0)


def _number(value: str | None) -> float:
    try:
        return float((value or "0").removesuffix("px"))
    except ValueError:
        return 0.0
