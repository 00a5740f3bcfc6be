"""Which of Whisper's languages a language tag means."""

from __future__ import annotations

from typing import Any

from reels.models import LanguageTag

#: Whisper's own spelling of languages that have another tag today.
_OTHER_TAGS = {
    "cmn": "zh",
    "fil": "tl",
    "iw": "he",
    "in": "id",
    "jv": "jw",
    "nb": "no",
    "ji": "yi",
}


def whisper_language(language: LanguageTag, model: Any) -> str | None:
    """Its code, or None when the model does not know it."""
    from whisper.tokenizer import LANGUAGES

    base = language.partition("-")[0].lower()
    code = _OTHER_TAGS.get(base, base)
    known = list(LANGUAGES)[: model.num_languages] if model.is_multilingual else ["en"]
    return code if code in known else None
