"""The aligners that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.errors import InvalidInput
from reels.spans import shift
from reels.words.base import Aligner
from reels.words.dtw import Dtw
from reels.words.elevenlabs import ElevenLabsAligner
from reels.words.proportional import Proportional

ALIGNERS: dict[str, Callable[[], Aligner]] = {
    Dtw.name: Dtw,
    ElevenLabsAligner.name: ElevenLabsAligner,
    Proportional.name: Proportional,
}

__all__ = ["ALIGNERS", "Aligner", "aligner", "shift"]


def aligner(name: str) -> Aligner:
    """The aligner that is listed as `name`.

    Raises:
        InvalidInput: naming `words_provider`.
    """
    try:
        return ALIGNERS[name]()
    except KeyError:
        raise InvalidInput(
            "words_provider",
            f"There is no aligner {name!r}.",
            remedy=f"Aligners that there are: {', '.join(sorted(ALIGNERS))}.",
        ) from None
