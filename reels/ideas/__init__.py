"""The expanders of ideas. A new one is one file and one entry in `EXPANDERS`."""

from __future__ import annotations

import logging

from reels.chains import FALLING, links
from reels.errors import ProviderError
from reels.ideas.base import ExpandedIdea, Expander
from reels.ideas.gemini import GeminiExpander
from reels.ideas.outline import OutlineExpander
from reels.models import LanguageTag

log = logging.getLogger(__name__)

EXPANDERS: dict[str, Expander] = {made.name: made for made in (GeminiExpander(), OutlineExpander())}


class Expansion(ExpandedIdea):
    """An expanded idea, and who expanded it: `outline` knows nothing of the subject."""

    provider: str


def expand(chain: str, idea: str, language: LanguageTag) -> Expansion:
    """The idea expanded by the first in a chain of storyboarders that can; see `reels.chains`.

    Raises:
        InvalidInput: the idea has no words.
        ProviderError: the last one's failure, or one that is not carried on to the next.
    """
    names = [name for name in links(chain) if name in EXPANDERS] or [OutlineExpander.name]
    failure: ProviderError | None = None
    for name in names:
        try:
            found = EXPANDERS[name].expand(idea, language)
            return Expansion(provider=name, **found.model_dump())
        except FALLING as error:
            log.warning("The idea is not expanded by %s: %s", name, error)
            failure = error
    assert failure is not None
    raise failure


__all__ = ["EXPANDERS", "ExpandedIdea", "Expander", "Expansion", "expand"]
