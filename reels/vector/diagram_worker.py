"""Draws a diagram: Mermaid to SVG to pixels. Runs in the sandbox.

The task: `kind`, `tries` (texts with Mermaid's configuration, of which the first that comes out
large enough is taken), `css`, `boxes_px`,
`size_px` as the smallest and largest size of the
letters, `least_share` as how much of the largest is large enough, `show` as the names of the
parts that are seen (or how many messages) or null.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from reels.vector import mermaid_hiding, sandbox, svg
from reels.vector.mermaid_engine import Engine, in_thread, open_faces
from reels.vector.worker import Refused, serve

#: All letters of a diagram have this size in Mermaid's own units.
LETTERS = 16.0
#: Smaller distances make letters at most so many times larger.
_TIGHTER = 1.4
#: Letters that Mermaid writes by itself.
_USUAL = " 0123456789%.,:;-+*#~|()[]{}<>«»/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HTML = re.compile(r"<foreignObject", re.I)


class _Found(NamedTuple):
    """A layout, the size of its letters in each of the boxes, in pixels."""

    sizes: tuple[float, ...]
    root: svg.Element


def work(task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The diagram in the largest size that fits, as `Drawing`; `box` is the number of its box."""
    open_faces(task["tries"][0]["text"] + _USUAL)
    found = in_thread(lambda: _draw(task))
    least = task["size_px"][0]
    box = next((n for n, size in enumerate(found.sizes) if size >= least), -1)
    size = found.sizes[box]
    if size < least:
        raise Refused(
            f"it is too large: its letters would be {size:.0f} px high, {least} is the least.",
            "Shorten its labels, or make two diagrams of it.",
        )
    mermaid_hiding.hide(found.root, task["kind"], task["show"])
    _, _, width, height = _view(found.root)
    scale = size / LETTERS
    size_px = max(1, round(width * scale)), max(1, round(height * scale))
    return {"letters_px": size, "box": box}, svg.rasterize(found.root, size_px)


def _draw(task: dict[str, Any]) -> _Found:
    """The first layout that is large enough, or the largest.

    What is tried depends on sizes and never on time: the same task has the same drawing.
    """
    engine = Engine()
    least, most = task["size_px"]
    best: _Found | None = None
    failed: Refused | None = None
    hopeless: set[str] = set()
    with sandbox.closed():
        for attempt in task["tries"]:
            if attempt["text"] in hopeless:
                continue
            try:
                found = _sized(_root(engine, attempt, task), task)
            except Refused as error:
                # Some layouts fail where others do not.
                failed = failed or error
                hopeless.add(attempt["text"])
                continue
            if found.sizes[-1] * _TIGHTER < least:
                hopeless.add(attempt["text"])
            if best is None or found.sizes > best.sizes:
                best = found
            if best.sizes[0] >= most * task["least_share"]:
                break
    if best is None:
        raise failed or Refused("it draws nothing.", "Check its lines.")
    return best


def _sized(root: svg.Element, task: dict[str, Any]) -> _Found:
    _, _, width, height = _view(root)
    fits = (LETTERS * min(wide / width, high / height) for wide, high in task["boxes_px"])
    return _Found(tuple(min(task["size_px"][1], size) for size in fits), root)


def _root(engine: Engine, attempt: dict[str, Any], task: dict[str, Any]) -> svg.Element:
    try:
        text = engine.render(attempt["text"], attempt["config"])
    except ValueError as error:
        raise Refused(f"Mermaid cannot draw it: {_said(error)}.", "Check its lines.") from None
    except Exception as error:
        if "memory" in str(error) or "stack" in str(error):
            raise Refused("it is too large or too deep.", "Make it smaller.") from None
        raise Refused(f"Mermaid cannot draw it: {_said(error)}.", "Check its lines.") from None
    if _HTML.search(text):
        raise Refused("it has labels in HTML.", "Write labels as plain text.")
    root = svg.parse(text)
    if task["kind"] == "pie":
        mermaid_hiding.crop_pie(root)
    elif task["kind"] == "gantt":
        mermaid_hiding.thin_ticks(root)
    mermaid_hiding.settle(root, task["css"], LETTERS)
    return root


def _said(error: Exception) -> str:
    words = " ".join(str(error).split())
    return re.sub(r"^\w*Error:\s*", "", words)[:200].rstrip(".")


def _view(root: svg.Element) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = map(float, root.attrib["viewBox"].split())
    except (KeyError, ValueError):
        raise Refused("it draws nothing.", "Check its lines.") from None
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise Refused("it draws nothing.", "Check its lines.")
    return x, y, width, height


if __name__ == "__main__":
    serve(work)
