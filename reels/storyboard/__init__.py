"""The storyboarders. A new one is one file and one entry in `STORYBOARDERS`."""

from __future__ import annotations

from reels.errors import InvalidInput
from reels.storyboard.base import Brief, Revision, Storyboarder
from reels.storyboard.gemini import Gemini
from reels.storyboard.outline import Outline

STORYBOARDERS: dict[str, Storyboarder] = {made.name: made for made in (Outline(), Gemini())}


def storyboarder(name: str) -> Storyboarder:
    """The storyboarder of that name.

    Raises:
        InvalidInput: there is none; names the field `storyboard_provider`.
    """
    found = STORYBOARDERS.get(name)
    if found is None:
        raise InvalidInput(
            "storyboard_provider",
            f"There is no storyboarder {name!r}.",
            remedy=f"Use one of: {', '.join(sorted(STORYBOARDERS))}.",
        )
    return found


__all__ = ["STORYBOARDERS", "Brief", "Revision", "Storyboarder", "storyboarder"]
