"""Answers of the stock libraries, read with care: one odd result does not spoil the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from reels.cloud.stock_items import StockName
from reels.cloud.stock_wire import name_of
from reels.errors import BadOutput
from reels.models import Credit

Id = Annotated[int, Field(gt=0, lt=10**18)]
Side = Annotated[int, Field(gt=0, le=100_000)]
Read = TypeVar("Read", bound=BaseModel)

_PAGE = re.compile(r"https?://[!-~]{1,480}")
_MARKUP = re.compile(r"[<>]")


def each_read(
    service: StockName, answer: dict[str, Any], field: str, model: type[Read]
) -> Iterator[Read]:
    """The results of an answer that are of the form that is known.

    Raises:
        BadOutput: the answer has no list of results, or none of them can be read.
    """
    results = answer.get(field)
    if not isinstance(results, list):
        raise BadOutput(service, f"{name_of(service)}'s answer has no list of `{field}`.")
    read: list[Read] = []
    for result in results:
        with suppress(ValidationError):
            read.append(model.model_validate(result))
    if results and not read:
        raise BadOutput(service, f"{name_of(service)}'s `{field}` are of another form.")
    return iter(read)


def credit(service: StockName, author: str, page_url: str, licence: str) -> Credit:
    """Whose a result is; what is no name or no address is left out."""
    name = " ".join(_MARKUP.sub(" ", author).split())[:200]
    page = page_url if _PAGE.fullmatch(page_url) else ""
    return Credit(provider=service, author=name, page_url=page, licence=licence)
