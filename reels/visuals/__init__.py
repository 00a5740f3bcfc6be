"""The visual kinds. A new one is one file and one entry in `KINDS`."""

from __future__ import annotations

from pydantic import JsonValue

from reels.errors import InvalidInput
from reels.visuals.base import Canvas, VisualKind
from reels.visuals.code import Code
from reels.visuals.diagram import MermaidDiagram
from reels.visuals.formula import Formula
from reels.visuals.generated import Generated
from reels.visuals.image import Image
from reels.visuals.library import Library
from reels.visuals.placeholder import Placeholder
from reels.visuals.slide import Slide
from reels.visuals.slide_spec import SlideSpec, spec_for
from reels.visuals.stock import StockVisual

_ALL: tuple[VisualKind, ...] = (
    Slide(),
    Code(),
    Formula(),
    MermaidDiagram(),
    Placeholder(),
    Generated(),
    StockVisual("picture"),
    StockVisual("clip"),
    Library(),
    Image(),
)
KINDS: dict[str, VisualKind] = {made.kind: made for made in _ALL}


def visual(kind: str) -> VisualKind:
    """The visual kind of that name.

    Raises:
        InvalidInput: there is none; names the field `visual.kind`.
    """
    found = KINDS.get(kind)
    if found is None:
        raise InvalidInput(
            "visual.kind",
            f"There is no visual kind {kind!r}.",
            remedy=f"Use one of: {', '.join(sorted(KINDS))}.",
        )
    return found


def check_spec(kind: str, spec: dict[str, JsonValue]) -> None:
    """Refuse what a kind that takes foreign media would refuse only when it is too late.

    Raises:
        InvalidInput: naming the offending value as `visual.spec.…`.
    """
    check = getattr(visual(kind), "check", None)
    if check is not None:
        check(spec)


__all__ = ["KINDS", "Canvas", "SlideSpec", "VisualKind", "check_spec", "spec_for", "visual"]
