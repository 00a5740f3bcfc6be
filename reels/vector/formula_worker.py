"""Draws a formula: LaTeX to MathML to paths to pixels. Runs in the sandbox.

The task: `latex` as alternatives of which the first that is large enough is taken, `box_px`,
`size_px` as the smallest and largest size of the letters, `colour`, `shown` lines or null.
"""

from __future__ import annotations

import re
from importlib import import_module
from math import isfinite
from typing import Any
from xml.etree import ElementTree

from reels.vector import sandbox, svg
from reels.vector.worker import Refused, serve

_SIZE = 48.0
_MARGIN = 2.0
#: Indices keep 0.62 of the size, so that they can be read on a telephone.
_LEAST_SHARE = 0.62
_UNKNOWN = re.compile(r">\s*(\\[A-Za-z]+)")
#: Lines of display mathematics need more room than 3 points.
_ROW_SPACING = re.compile(r'rowspacing="3pt"')
#: Words in a formula, and the signs in them that ziamath would pass on as they are.
_TEXT = re.compile(r"\\(?:text[a-z]*|mbox)\s*\{[^{}]*\}")
_MARKUP = re.compile(r"\\?([<>&])|\\([%#_$])")
_WRONG = "This is not LaTeX that can be drawn"
_REMEDY = "Use LaTeX's mathematics: no files, no packages, no macros of your own."


def work(task: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The formula in the largest size that fits, as `Drawing`."""
    ziamath = _ziamath("".join(task["latex"]))
    least, most = task["size_px"]
    best: tuple[float, Any] | None = None
    with sandbox.closed():
        for latex in task["latex"]:
            formula = _set(ziamath, latex, task["colour"], task["shown"])
            size = min(most, _SIZE * _scale(formula, task["box_px"]))
            if best is None or size > best[0] * 1.05:
                best = size, formula
            if size >= least * 1.25:
                break
        assert best is not None
        size, formula = best
        if size < least:
            raise Refused(
                f"it is too large: its letters would be {size:.0f} px high, {least} is the least.",
                "Break it into lines with \\\\, or into several scenes.",
            )
        root = svg.parse(formula.svg())
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    scale = size / _SIZE
    size_px = max(1, round(width * scale)), max(1, round(height * scale))
    return {"letters_px": size}, svg.rasterize(root, size_px)


def _set(ziamath: Any, latex: str, colour: str, shown: int | None) -> Any:
    try:
        mathml = _ROW_SPACING.sub('rowspacing="0.5em"', ziamath.tex.tex2mml(_plain(latex)))
        unknown = _UNKNOWN.search(mathml)
        tree = ElementTree.fromstring(ziamath.zmath.unescape(mathml))
        tree.set("mathcolor", colour)
        _hide_rows(tree, shown)
        formula = ziamath.Math(tree, size=_SIZE, margin=_MARGIN)
    except RecursionError:
        raise
    except Exception as error:
        raise Refused(f"{_WRONG}: {_said(error)}.", _REMEDY) from error
    if unknown:
        raise Refused(f"{_WRONG}: {unknown.group(1)} is not known.", _REMEDY)
    return formula


def _plain(latex: str) -> str:
    """The LaTeX whose words hold no markup, neither of XML nor of TeX."""

    def named(words: re.Match[str]) -> str:
        return _MARKUP.sub(lambda sign: f"&#x{ord(sign[1] or sign[2]):05X};", words[0])

    return _TEXT.sub(named, latex)


def _hide_rows(tree: ElementTree.Element, shown: int | None) -> None:
    """Draw the rows from `shown` on in no colour; they keep their room."""
    table = next(tree.iter("{http://www.w3.org/1998/Math/MathML}mtable"), None)
    if shown is None or table is None:
        return
    for row in list(table)[shown:]:
        for part in row.iter():
            part.set("mathcolor", "none")


def _said(error: Exception) -> str:
    """What the library calls its failure, as words: ExtraLeftOrMissingRightError."""
    name = type(error).__name__.removesuffix("Error")
    parts = re.findall(r"[A-Z][a-z]+", name)
    known = str(error).strip().rstrip(".") if len(str(error)) < 100 else ""
    return known or " ".join(parts).lower() or "it is broken"


def _scale(formula: Any, box_px: tuple[int, int]) -> float:
    width, height = (side + 2 * _MARGIN for side in formula.getsize())
    if not (isfinite(width) and isfinite(height)) or width <= 2 * _MARGIN or height <= 2 * _MARGIN:
        raise Refused("it draws nothing.", "Write a formula.")
    return float(min(box_px[0] / width, box_px[1] / height))


def _ziamath(text: str) -> Any:
    from reels.vector.stand_ins import lend_letters

    ziamath: Any = import_module("ziamath")
    ziamath.config.svg2 = False
    ziamath.config.precision = 3
    ziamath.config.minsizefraction = _LEAST_SHARE
    lend_letters(text)
    # What a first formula imports and opens has to be there before the door is closed.
    ziamath.Latex(r"\frac{x}{\sqrt{2}} \text{a}").mathmlstr()
    return ziamath


if __name__ == "__main__":
    serve(work)
