"""The visual kinds `stock_picture` and `stock_clip`: what Pexels or Pixabay has of a subject.

The file is taken as it is, in the size that fits the canvas best, so that the renderer can
crop it or show it whole. The same answer of a library always gives the same choice: the most
fitting result that is not excluded. To have no footage twice in a video, whoever makes all of
its scenes excludes what those before have taken (`flows.stock` does).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from reels.cloud.stock import (
    Medium,
    StockItem,
    StockName,
    StockQuery,
    bring_item,
    libraries,
    reachable,
    search,
)
from reels.errors import BadOutput, ProviderError
from reels.models import Model, Text
from reels.settings import FlowSettings
from reels.visuals.base import Canvas
from reels.visuals.picture import parse_spec

KIND_OF: dict[Medium, Literal["stock_picture", "stock_clip"]] = {
    "picture": "stock_picture",
    "clip": "stock_clip",
}


class StockSpec(Model):
    """`query` is what is searched for, best in English. `provider` is one library or several,
    the next if one has nothing; empty takes the setting."""

    query: Annotated[Text, Field(min_length=1, max_length=100)]
    provider: str = Field(default="", pattern=r"^((pexels|pixabay)(,(pexels|pixabay))?)?$")

    def chain(self) -> tuple[StockName, ...]:
        """The libraries to ask, in order. Raises InvalidInput: the setting names no library."""
        return libraries(self.provider or FlowSettings().stock_provider)


class StockVisual:
    """Takes a `StockSpec`'s picture or clip."""

    version = "1"

    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        self.kind: str = KIND_OF[medium]

    def check(self, spec: dict[str, JsonValue]) -> None:
        """See `reels.visuals.check_spec`."""
        parse_spec(StockSpec, spec)

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`. Asks the libraries anew each time.

        Raises:
            AuthenticationFailed: there is no key of any of the libraries.
            ProviderError: the last library's error.
        """
        parsed = parse_spec(StockSpec, spec)
        failure: ProviderError | None = None
        for name in reachable(parsed.chain()):
            try:
                found = search(name, query_of(parsed, self.medium, canvas))
                return bring_item(first_unused(found, ()), to)
            except BadOutput as error:
                failure = error
        assert failure is not None
        raise failure


def query_of(spec: StockSpec, medium: Medium, canvas: Canvas) -> StockQuery:
    """What a library is asked for a scene."""
    return StockQuery(
        medium=medium, words=spec.query, size_px=canvas.size_px, language=canvas.language
    )


def first_unused(items: Collection[StockItem], used: Collection[str]) -> StockItem:
    """The most fitting result whose name is not in `used`.

    Raises:
        BadOutput: all are used.
    """
    for item in items:
        if item.name not in used:
            return item
    provider = next((item.provider for item in items), "stock")
    raise BadOutput(
        provider,
        f"All {len(items)} results of {provider} are in this video already.",
        remedy="Search for something else in some of the scenes.",
    )
