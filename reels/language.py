"""Which language a text is in, when nobody says."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from reels.models import LanguageTag
from reels.storyboard.markdown import plain

#: Those that are told apart: widely spoken, and the embedded voice speaks them.
LANGUAGES = (
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv",
    "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
#: Letters from which on a guess is better than the default, and all that are looked at.
_LEAST_LETTERS, _MOST_CHARS = 12, 4_000

_lock = Lock()


def language_of(text: str, default: LanguageTag) -> LanguageTag:
    """The language that `text` (Markdown or plain) is written in, else `default`.

    Of a text that is too short to tell, and of one in the language of `default`, the default
    is kept with its region.
    """
    spoken = plain(text[: 4 * _MOST_CHARS])[:_MOST_CHARS]
    if _letters(spoken) < _LEAST_LETTERS:
        return default
    found = _guess(spoken)
    return default if default.split("-")[0] == found else found


def _letters(text: str) -> int:
    """A sign of a script without an alphabet says as much as several letters."""
    return sum(4 if char >= "\u2e80" else 1 for char in text if char.isalpha())


def _guess(text: str) -> str:
    with _lock:
        return str(_guesser().classify(text)[0])


@cache
def _guesser() -> Any:
    # The model takes half a second to load, and most jobs name their language.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    guesser = LanguageIdentifier.from_model_file(MODEL_FILE)
    guesser.set_languages(list(LANGUAGES))
    return guesser
