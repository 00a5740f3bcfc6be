"""The expanders of ideas. A new one is one file and one entry in `EXPANDERS`."""

from __future__ import annotations

from reels.errors import InvalidInput
from reels.ideas.base import ExpandedIdea, Expander
from reels.ideas.gemini import GeminiExpander
from reels.ideas.outline import OutlineExpander

EXPANDERS: dict[str, Expander] = {made.name: made for made in (GeminiExpander(), OutlineExpander())}


def expander(name: str) -> Expander:
    """The expander of that name.

    Raises:
        InvalidInput: there is none; names `storyboard_provider`, which chooses it.
    """
    found = EXPANDERS.get(name)
    if found is None:
        raise InvalidInput(
            "storyboard_provider",
            f"There is no expander of ideas {name!r}.",
            remedy=f"Use one of: {', '.join(sorted(EXPANDERS))}.",
        )
    return found


__all__ = ["EXPANDERS", "ExpandedIdea", "Expander", "expander"]
