"""The aligners that there are. A new one is one file, one entry here and one test."""

from __future__ import annotations

from collections.abc import Callable

from reels.errors import InvalidInput
from reels.settings import FlowSettings, ProviderSettings
from reels.spans import shift
from reels.words.base import Aligner, Transcriber
from reels.words.dtw import Dtw
from reels.words.elevenlabs import ElevenLabsAligner
from reels.words.proportional import Proportional
from reels.words.whisper import Whisper
from reels.words.whisper_model import preload

ALIGNERS: dict[str, Callable[[], Aligner]] = {
    Dtw.name: Dtw,
    ElevenLabsAligner.name: ElevenLabsAligner,
    Proportional.name: Proportional,
    Whisper.name: Whisper,
}

TRANSCRIBERS: dict[str, Callable[[], Transcriber]] = {
    Whisper.name: Whisper,
}

__all__ = [
    "ALIGNERS",
    "TRANSCRIBERS",
    "Aligner",
    "Transcriber",
    "aligner",
    "shift",
    "transcriber",
    "warm",
]


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


def transcriber(name: str) -> Transcriber:
    """The transcriber that is listed as `name`.

    Raises:
        InvalidInput: naming `aligner`.
    """
    try:
        return TRANSCRIBERS[name]()
    except KeyError:
        raise InvalidInput(
            "aligner",
            f"There is no transcriber {name!r}.",
            remedy=f"Transcribers that there are: {', '.join(sorted(TRANSCRIBERS))}.",
        ) from None


def warm() -> None:
    """Load what an aligner of the settings keeps in memory, before the process is forked."""
    named = FlowSettings().words_provider.split(",")
    if Whisper.name in (name.strip() for name in named):
        preload(ProviderSettings().whisper_local_model)
