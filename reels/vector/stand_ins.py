"""Letters that the mathematical face lacks, lent by the shipped ones (Chinese in `\\text`)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

_UNITS = 1000


def lend_letters(text: str) -> None:
    """Teach ziamath's face the letters of `text` that it has no drawing of."""
    from ziamath.mathfont import MathFont
    from ziamath.zmath import loadedfonts

    own = MathFont.findglyph
    lent = {char: _lent(char) for char in set(text) if not loadedfonts["default"].glyphindex(char)}

    def findglyph(self: Any, char: str, variant: Any) -> Any:
        found = lent.get(char)
        return found if found is not None else own(self, char, variant)

    faces: Any = MathFont
    faces.findglyph = findglyph


def _lent(char: str) -> Any:
    from ziafont.fonttypes import BBox
    from ziafont.glyph import SimpleGlyph

    from reels.fonts import runs
    from reels.typography.wrap import font

    found = runs(char, "medium")
    if char.isspace() or not found:
        return None
    face = found[0].face
    measured = font(str(face.path), _UNITS)
    left, top, right, bottom = measured.getbbox(char, anchor="ls")
    width = round(measured.getlength(char))

    class Lent(SimpleGlyph):
        """Draws itself as a word of one letter."""

        def advance(self, nextchr: Any = None) -> int:  # noqa: ARG002
            return width

        def svgpath(self, x0: float = 0, y0: float = 0, scale_factor: float = 1) -> Any:
            place = {"x": f"{x0:.3f}", "y": f"{y0:.3f}"}
            size = f"{self.DFLT_SIZE_PT * scale_factor:.3f}"
            attributes = {**place, "font-size": size, "font-family": face.family}
            element = ElementTree.Element("text", attributes)
            element.text = char
            return element

    info = SimpleNamespace(
        filename="lent",
        layout=SimpleNamespace(unitsperem=_UNITS, xmin=0, xmax=width, ymin=-bottom, ymax=-top),
    )
    lender: Any = SimpleNamespace(info=info, advance=lambda *_: width, cmap=None)
    return Lent(0, (), BBox(left, right, -bottom, -top), lender)
