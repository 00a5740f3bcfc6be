"""Pictures and clips of the stock libraries. Another library is one file and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast, get_args

from reels.cloud import pexels, pixabay
from reels.cloud.access import access
from reels.cloud.charges import paid_call
from reels.cloud.stock_files import bring_item
from reels.cloud.stock_items import Medium, StockItem, StockName, StockQuery, ranked
from reels.cloud.stock_wire import name_of
from reels.errors import AuthenticationFailed, BadOutput, InvalidInput

LIBRARIES: dict[StockName, Callable[[StockQuery], Iterable[StockItem]]] = {
    "pexels": pexels.found,
    "pixabay": pixabay.found,
}


def search(provider: StockName, query: StockQuery) -> tuple[StockItem, ...]:
    """What a library has, the most fitting first: of the video's orientation, large enough.

    Raises:
        BadOutput: it has nothing.
        ProviderError: see `reels.cloud.stock_wire`.
    """
    with paid_call(provider, "search", "stock", expected={"request": 1}) as bill:
        items = ranked(LIBRARIES[provider](query), query)
        bill.add({"request": 1})
    if not items:
        raise BadOutput(
            provider,
            f"{name_of(provider)} has no {query.medium} of {query.words!r}.",
            remedy="Search for fewer or plainer words, in English.",
        )
    return items


def libraries(chain: str) -> tuple[StockName, ...]:
    """The libraries that a setting or a spec names, in order, each once.

    Raises:
        InvalidInput: naming `provider`: there is no such library, or none at all.
    """
    names = tuple(dict.fromkeys(name.strip() for name in chain.split(",") if name.strip()))
    known = get_args(StockName)
    if not names or any(name not in known for name in names):
        raise InvalidInput(
            "provider",
            f"There is no stock library {chain[:80]!r}.",
            remedy=f"Name one or more of: {', '.join(known)}.",
        )
    return cast(tuple[StockName, ...], names)


def reachable(names: Sequence[StockName]) -> tuple[StockName, ...]:
    """Those that we have a key of.

    Raises:
        AuthenticationFailed: we have none of any; names the first one's setting.
    """
    found: list[StockName] = []
    refusals: list[AuthenticationFailed] = []
    for name in names:
        try:
            access(name)
            found.append(name)
        except AuthenticationFailed as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    return tuple(found)


__all__ = [
    "LIBRARIES",
    "Medium",
    "StockItem",
    "StockName",
    "StockQuery",
    "bring_item",
    "libraries",
    "reachable",
    "search",
]
