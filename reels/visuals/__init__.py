"""The visual kinds. A new one is one file and one entry in `KINDS`."""

from __future__ import annotations

from reels.errors import InvalidInput
from reels.visuals.base import Canvas, VisualKind
from reels.visuals.generated import Generated
from reels.visuals.placeholder import Placeholder
from reels.visuals.slide import Slide
from reels.visuals.slide_spec import SlideSpec, spec_for

KINDS: dict[str, VisualKind] = {made.kind: made for made in (Slide(), Placeholder(), Generated())}


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


__all__ = ["KINDS", "Canvas", "SlideSpec", "VisualKind", "spec_for", "visual"]
