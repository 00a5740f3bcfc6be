"""What a stock library is asked for, and what it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from reels.models import Credit, LanguageTag, Model, Text

StockName = Literal["pexels", "pixabay"]
Medium = Literal["picture", "clip"]

#: How many results are asked for: both libraries give as many at once, and there are at most
#: 60 scenes to be served without repetition.
RESULTS = 80
#: A shorter clip is seen to start again.
_SHORT_S = 3.0
#: A picture that is enlarged more than this is seen to be soft.
_SOFT = 1.5

V = TypeVar("V", bound="Variant")


class StockQuery(Model):
    """`size_px` is that of the video: its shape and how large a file has to be."""

    medium: Medium
    words: Annotated[Text, Field(min_length=1, max_length=100)]
    size_px: tuple[int, int]
    language: LanguageTag = "en"

    @property
    def orientation(self) -> Literal["portrait", "landscape", "square"]:
        return orientation_of(self.size_px)


class StockItem(Model):
    """One picture or clip that a library has. `id` is the library's own."""

    provider: StockName
    medium: Medium
    id: str = Field(min_length=1, max_length=64)
    url: str = Field(min_length=1, max_length=2_000)
    size_px: tuple[int, int]
    duration_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    credit: Credit

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.provider}/{self.medium}/{self.id}"


class Variant(Model):
    """One of the files in which a library has an item."""

    url: str
    size_px: tuple[int, int]


def orientation_of(size_px: tuple[int, int]) -> Literal["portrait", "landscape", "square"]:
    """The libraries' word for a shape."""
    width, height = size_px
    if 0.9 < width / height < 1.1:
        return "square"
    return "portrait" if width < height else "landscape"


def enlarged(size_px: tuple[int, int], wanted_px: tuple[int, int]) -> float:
    """How much a file must be enlarged to cover `wanted_px`; at most 1 when it is large enough."""
    return max(wanted_px[0] / max(size_px[0], 1), wanted_px[1] / max(size_px[1], 1))


def best_variant(variants: Sequence[V], wanted_px: tuple[int, int]) -> V | None:
    """The smallest that covers `wanted_px`, else the largest; None when there is none."""
    covering = [each for each in variants if enlarged(each.size_px, wanted_px) <= 1]
    if covering:
        return min(covering, key=_area)
    return max(variants, key=_area, default=None)


def ranked(items: Iterable[StockItem], query: StockQuery) -> tuple[StockItem, ...]:
    """Each once; those that suit the video first, and among these as the library ranks them."""
    once = {item.id: item for item in items}

    def misfit(item: StockItem) -> tuple[bool, bool, bool]:
        return (
            orientation_of(item.size_px) != query.orientation,
            enlarged(item.size_px, query.size_px) > _SOFT,
            item.medium == "clip" and item.duration_s < _SHORT_S,
        )

    return tuple(sorted(once.values(), key=misfit))


def _area(variant: Variant) -> int:
    return variant.size_px[0] * variant.size_px[1]
