"""Makes foreign SVG harmless and draws it: shapes and words only, our fonts only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from reels.fonts import FACES, Weight, runs
from reels.vector.worker import Refused

Element = ElementTree.Element

_SVG = "http://www.w3.org/2000/svg"
#: All that a formula or a diagram needs. Not among them: image, foreignObject, script, a,
#: use, animations and filters.
_SHAPES = frozenset({
    "svg", "g", "defs", "marker", "path", "rect", "circle", "ellipse", "line", "polygon",
    "polyline", "text", "tspan", "style", "title", "desc", "clipPath", "linearGradient", "stop",
})  # fmt: skip
_DROPPED = frozenset({"title", "desc"})
_MAX_BYTES = 6_000_000
_MAX_ELEMENTS = 20_000
_MAX_DEPTH = 120
_FOREIGN_URL = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(|javascript:", re.I)


def parse(text: str) -> Element:
    """The SVG's tree with nothing in it but shapes, words and rules that stay inside.

    Raises:
        Refused: it declares entities, is too large, or holds signs that XML does not.
    """
    if len(text) > _MAX_BYTES or re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.I):
        raise Refused("its drawing is too large.", "Make it simpler or smaller.")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise Refused("its drawing is no SVG.", "Leave out control characters.") from None
    if sum(1 for _ in root.iter()) > _MAX_ELEMENTS:
        raise Refused("its drawing has too many parts.", "Make it simpler or smaller.")
    _clean(root, 0)
    return root


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _clean(element: Element, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise Refused("its drawing is nested too deeply.", "Make it flatter.")
    for name, value in list(element.attrib.items()):
        bare = name.rpartition("}")[2].lower()
        if bare.startswith("on") or bare == "href" or _FOREIGN_URL.search(value):
            del element.attrib[name]
    if local(element) == "style":
        element.text = _rules(element.text or "")
    for child in list(element):
        name = local(child)
        if name not in _SHAPES or name in _DROPPED:
            element.remove(child)
        else:
            _clean(child, depth + 1)


def _rules(css: str) -> str:
    """Style rules without those that load or move something."""
    plain = re.sub(r"@(?:-\w+-)?keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    plain = re.sub(r"@[\w-]+[^{};]*(?:;|\{[^{}]*\})", "", plain)
    return "" if _FOREIGN_URL.search(plain) else plain


def words(root: Element) -> str:
    """All text that the drawing shows."""
    return "".join(
        "".join(element.itertext()) for element in root.iter() if local(element) == "text"
    )


def font_files(text: str, weights: Iterable[Weight] = ("medium", "bold")) -> list[str]:
    """The shipped faces that `text` needs, in an order that depends on it alone."""
    found = {str(FACES[weight].path): None for weight in weights}
    for run in runs("".join(sorted(set(text))), "medium"):
        found[str(run.face.path)] = None
    return list(found)


def rasterize(root: Element, size_px: tuple[int, int]) -> bytes:
    """A PNG with transparent ground; no font of the system and no other file is read."""
    import resvg_py

    ElementTree.register_namespace("", _SVG)
    root.set("width", str(size_px[0]))
    root.set("height", str(size_px[1]))
    root.attrib.pop("style", None)
    family = FACES["medium"].family
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=ElementTree.tostring(root, encoding="unicode"),
            skip_system_fonts=True,
            font_files=font_files(words(root)),
            font_family=family,
            serif_family=family,
            sans_serif_family=family,
            monospace_family=family,
            cursive_family=family,
            fantasy_family=family,
        )
    )
