"""Which language a task is in."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter, ValidationError

from reels.errors import InvalidInput
from reels.language import language_of
from reels.models import LanguageTag
from reels.services.base import Order
from reels.settings import FlowSettings

_TAG: Final = TypeAdapter[str](LanguageTag)


def language_for(order: Order, text: str) -> LanguageTag:
    """`params.language`; else that of the texts that the task is given; else `text`'s own.

    Raises:
        InvalidInput: the parameter is no tag of a language.
    """
    if told := order.told("language"):
        try:
            return _TAG.validate_python(told)
        except ValidationError:
            raise InvalidInput(
                "params.language",
                f"{told[:40]!r} is no language.",
                remedy="Give a tag such as en, pt-BR or ru.",
            ) from None
    heard = next((each.language for each in order.given("text") if each.language), None)
    return heard or language_of(text, FlowSettings().default_language)


def settings_key() -> str:
    """What of the settings decides on the language: part of each service's version."""
    return FlowSettings().default_language
