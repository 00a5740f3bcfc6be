"""Pixabay: its images and videos, as it answers a search.

Its rules: at most 100 searches in a minute, and an answer is to be kept for 24 hours (the
flows do both). Its key stands in the URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, Field

from reels.cloud.stock_items import RESULTS, StockItem, StockQuery, Variant, best_variant
from reels.cloud.stock_read import Id, Side, credit, each_read
from reels.cloud.stock_wire import ask_json

HOME = "https://pixabay.com"
LICENCE = "Pixabay Content License: free to use, credit is appreciated"
_LARGE_PX, _FULL_HD_PX = 1280, 1920
_ORIENTATIONS = {"portrait": "vertical", "landscape": "horizontal", "square": "all"}
_LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "id", "it", "ja",
    "ko", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "th", "tr", "vi", "zh",
)  # fmt: skip


class _Image(BaseModel):
    id: Id
    pageURL: str = ""
    user: str = ""
    imageWidth: Side
    imageHeight: Side
    largeImageURL: str = Field(min_length=1)
    fullHDURL: str = ""
    imageURL: str = ""


class _File(BaseModel):
    url: str = ""
    width: int = 0
    height: int = 0


class _Video(BaseModel):
    id: Id
    pageURL: str = ""
    user: str = ""
    duration: Annotated[float, Field(ge=0, le=86_400)] = 0
    videos: dict[str, _File]


def found(query: StockQuery) -> Iterator[StockItem]:
    """What Pixabay has, as it ranks it.

    Raises:
        ProviderError: see `reels.cloud.stock_wire`.
    """
    params = {"q": query.words, "per_page": str(RESULTS), "safesearch": "true"}
    language = query.language.split("-")[0]
    if language in _LANGUAGES and not query.words.isascii():
        params["lang"] = language
    if query.medium == "picture":
        params |= {"image_type": "photo", "orientation": _ORIENTATIONS[query.orientation]}
        answer = ask_json("pixabay", HOME, "/api/", params, key_in="key")
        return (_picture(each, query) for each in each_read("pixabay", answer, "hits", _Image))
    answer = ask_json("pixabay", HOME, "/api/videos/", params, key_in="key")
    videos = each_read("pixabay", answer, "hits", _Video)
    return (item for each in videos if (item := _clip(each, query)) is not None)


def _picture(image: _Image, query: StockQuery) -> StockItem:
    whole = image.imageWidth, image.imageHeight
    files = [Variant(url=image.largeImageURL, size_px=_within(whole, _LARGE_PX))]
    if image.fullHDURL:
        files.append(Variant(url=image.fullHDURL, size_px=_within(whole, _FULL_HD_PX)))
    if image.imageURL:
        files.append(Variant(url=image.imageURL, size_px=whole))
    file = best_variant(files, query.size_px) or files[0]
    return StockItem(
        provider="pixabay",
        medium="picture",
        id=str(image.id),
        url=file.url,
        size_px=file.size_px,
        credit=credit("pixabay", image.user, image.pageURL, LICENCE),
    )


def _within(size_px: tuple[int, int], side_px: int) -> tuple[int, int]:
    """Pixabay's sizes are those of the longer side."""
    scale = min(1.0, side_px / max(size_px))
    return max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale))


def _clip(video: _Video, query: StockQuery) -> StockItem | None:
    files = [
        Variant(url=each.url, size_px=(each.width, each.height))
        for each in video.videos.values()
        if each.url and each.width > 0 and each.height > 0
    ]
    file = best_variant(files, query.size_px)
    if file is None:
        return None
    return StockItem(
        provider="pixabay",
        medium="clip",
        id=str(video.id),
        url=file.url,
        size_px=file.size_px,
        duration_s=video.duration,
        credit=credit("pixabay", video.user, video.pageURL, LICENCE),
    )
