"""Pexels: its photos and videos, as it answers a search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field

from reels.cloud.stock_items import (
    RESULTS,
    StockItem,
    StockQuery,
    Variant,
    best_variant,
    enlarged,
)
from reels.cloud.stock_read import Id, Side, credit, each_read
from reels.cloud.stock_wire import ask_json

HOME = "https://api.pexels.com"
LICENCE = "Pexels License: free to use, credit is appreciated"
#: Of the languages that Pexels can be asked in, those that are not asked in English.
_LOCALES = {
    "ca": "ca-ES", "cs": "cs-CZ", "da": "da-DK", "de": "de-DE", "el": "el-GR", "es": "es-ES",
    "fi": "fi-FI", "fr": "fr-FR", "hu": "hu-HU", "id": "id-ID", "it": "it-IT", "ja": "ja-JP",
    "ko": "ko-KR", "nb": "nb-NO", "nl": "nl-NL", "pl": "pl-PL", "pt": "pt-BR", "ro": "ro-RO",
    "ru": "ru-RU", "sk": "sk-SK", "sv": "sv-SE", "th": "th-TH", "tr": "tr-TR", "uk": "uk-UA",
    "vi": "vi-VN", "zh": "zh-CN",
}  # fmt: skip


class _Source(BaseModel):
    original: str = Field(min_length=1)


class _Photo(BaseModel):
    id: Id
    width: Side
    height: Side
    url: str = ""
    photographer: str = ""
    src: _Source


class _User(BaseModel):
    name: str = ""


class _File(BaseModel):
    file_type: str | None = ""
    width: Side | None = None
    height: Side | None = None
    link: str = ""


class _Video(BaseModel):
    id: Id
    url: str = ""
    duration: Annotated[float, Field(ge=0, le=86_400)] = 0
    user: _User = _User()
    video_files: tuple[_File, ...]


def found(query: StockQuery) -> Iterator[StockItem]:
    """What Pexels has, as it ranks it.

    Raises:
        ProviderError: see `reels.cloud.stock_wire`.
    """
    params = {
        "query": query.words,
        "orientation": query.orientation,
        "per_page": str(RESULTS),
    }
    locale = _LOCALES.get(query.language.split("-")[0])
    if locale and not query.words.isascii():
        params["locale"] = locale
    if query.medium == "picture":
        answer = ask_json("pexels", HOME, "/v1/search", params)
        return (_photo(each, query) for each in each_read("pexels", answer, "photos", _Photo))
    answer = ask_json("pexels", HOME, "/v1/videos/search", params)
    videos = each_read("pexels", answer, "videos", _Video)
    return (item for each in videos if (item := _clip(each, query)) is not None)


def _photo(photo: _Photo, query: StockQuery) -> StockItem:
    scale = min(1.0, enlarged((photo.width, photo.height), query.size_px))
    width, height = round(photo.width * scale), round(photo.height * scale)
    size = f"auto=compress&cs=tinysrgb&w={width}&h={height}"
    joint = "&" if "?" in photo.src.original else "?"
    return StockItem(
        provider="pexels",
        medium="picture",
        id=str(photo.id),
        url=f"{photo.src.original}{joint}{size}",
        size_px=(photo.width, photo.height),
        credit=credit("pexels", photo.photographer, photo.url, LICENCE),
    )


def _clip(video: _Video, query: StockQuery) -> StockItem | None:
    files: list[Any] = [
        Variant(url=each.link, size_px=(each.width, each.height))
        for each in video.video_files
        if each.file_type == "video/mp4" and each.link and each.width and each.height
    ]
    file = best_variant(files, query.size_px)
    if file is None:
        return None
    return StockItem(
        provider="pexels",
        medium="clip",
        id=str(video.id),
        url=file.url,
        size_px=file.size_px,
        duration_s=video.duration,
        credit=credit("pexels", video.user.name, video.url, LICENCE),
    )
